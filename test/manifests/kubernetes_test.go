// Package manifests holds the manifests of docs/scale to what they say: each is read strictly, and its command lines are run.
package manifests

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// job is what we use of a Job of Kubernetes. A field that is not here is refused, so that one that is misspelt is.
type job struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       struct {
		CompletionMode       string `yaml:"completionMode"`
		Completions          int    `yaml:"completions"`
		Parallelism          int    `yaml:"parallelism"`
		BackoffLimit         int    `yaml:"backoffLimit"`
		BackoffLimitPerIndex int    `yaml:"backoffLimitPerIndex"`
		MaxFailedIndexes     *int   `yaml:"maxFailedIndexes"`
		Suspend              bool   `yaml:"suspend"`
		PodFailurePolicy     any    `yaml:"podFailurePolicy"`
		Template             struct {
			Metadata metadata `yaml:"metadata"`
			Spec     pod      `yaml:"spec"`
		} `yaml:"template"`
	} `yaml:"spec"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace"`
	Labels    map[string]string `yaml:"labels"`
}

type pod struct {
	RestartPolicy                string `yaml:"restartPolicy"`
	AutomountServiceAccountToken *bool  `yaml:"automountServiceAccountToken"`
	EnableServiceLinks           *bool  `yaml:"enableServiceLinks"`
	SecurityContext              struct {
		RunAsNonRoot   bool `yaml:"runAsNonRoot"`
		RunAsUser      int  `yaml:"runAsUser"`
		RunAsGroup     int  `yaml:"runAsGroup"`
		FSGroup        int  `yaml:"fsGroup"`
		SeccompProfile struct {
			Type string `yaml:"type"`
		} `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	Containers []container `yaml:"containers"`
	Volumes    []struct {
		Name                  string         `yaml:"name"`
		EmptyDir              map[string]any `yaml:"emptyDir"`
		PersistentVolumeClaim struct {
			ClaimName string `yaml:"claimName"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"persistentVolumeClaim"`
	} `yaml:"volumes"`
}

type container struct {
	Name    string   `yaml:"name"`
	Image   string   `yaml:"image"`
	Command []string `yaml:"command"`
	Args    []string `yaml:"args"`
	Env     []struct {
		Name      string `yaml:"name"`
		Value     string `yaml:"value"`
		ValueFrom any    `yaml:"valueFrom"`
	} `yaml:"env"`
	Resources       map[string]map[string]string `yaml:"resources"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool               `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool                `yaml:"readOnlyRootFilesystem"`
		Capabilities             map[string][]string `yaml:"capabilities"`
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string `yaml:"name"`
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

// jobs are the Jobs of the manifest.
func jobs(t *testing.T) (evaluate, merge job) {
	t.Helper()
	text, err := os.ReadFile("../../docs/scale/kubernetes-indexed-job.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]job{}
	for document := range bytes.SplitSeq(text, []byte("\n---\n")) {
		if !bytes.Contains(document, []byte("\nkind: Job\n")) {
			continue
		}
		var j job
		decoder := yaml.NewDecoder(bytes.NewReader(document))
		decoder.KnownFields(true)
		if err := decoder.Decode(&j); err != nil {
			t.Fatal(err)
		}
		found[j.Metadata.Name] = j
	}
	if len(found) != 2 {
		t.Fatalf("got %d jobs, want cistern-evaluate and cistern-merge", len(found))
	}
	return found["cistern-evaluate"], found["cistern-merge"]
}

func isFalse(b *bool) bool { return b != nil && !*b }

// Nothing in the pods is more than cistern needs: it reads a folder and writes a file.
func TestPodsMayDoLittle(t *testing.T) {
	evaluate, merge := jobs(t)
	for _, j := range []job{evaluate, merge} {
		p := j.Spec.Template.Spec
		if j.APIVersion != "batch/v1" || len(p.Containers) != 1 || p.RestartPolicy != "Never" {
			t.Errorf("%s: got %+v, want a Job of one container that is not restarted in its place", j.Metadata.Name, j)
			continue
		}
		c := p.Containers[0]
		for what, holds := range map[string]bool{
			"runs without root":                     p.SecurityContext.RunAsNonRoot && p.SecurityContext.RunAsUser > 0,
			"has no service account's token":        isFalse(p.AutomountServiceAccountToken),
			"has a seccomp profile":                 p.SecurityContext.SeccompProfile.Type == "RuntimeDefault",
			"has a read-only root file system":      c.SecurityContext.ReadOnlyRootFilesystem,
			"gains no privileges":                   isFalse(c.SecurityContext.AllowPrivilegeEscalation),
			"has no capabilities":                   slices.Equal(c.SecurityContext.Capabilities["drop"], []string{"ALL"}),
			"says how much memory it takes at most": c.Resources["limits"]["memory"] != "",
			"has no network":                        j.Spec.Template.Metadata.Labels["app.kubernetes.io/name"] == "cistern",
		} {
			if !holds {
				t.Errorf("%s: got one that does not hold: %s", j.Metadata.Name, what)
			}
		}
	}
}

// The command lines of the pods, run here: the merged report is that of one run, to the byte.
func TestKubernetesRunsAsOne(t *testing.T) {
	h := newHouse(t)
	evaluate, merge := jobs(t)
	if evaluate.Spec.CompletionMode != "Indexed" || evaluate.Spec.Completions < 2 {
		t.Fatalf("got completion mode %q, %d completions, want Indexed and some", evaluate.Spec.CompletionMode, evaluate.Spec.Completions)
	}
	for index := range evaluate.Spec.Completions {
		n := strconv.Itoa(index)
		h.run(t, expanded(evaluate.Spec.Template.Spec.Containers[0], n), "JOB_COMPLETION_INDEX="+n)
	}
	h.run(t, expanded(merge.Spec.Template.Spec.Containers[0], ""))
	h.same(t, "report.json")
}

// expanded is a container's command line as Kubernetes expands it.
func expanded(c container, index string) []string {
	var line []string
	for _, word := range append(slices.Clone(c.Command), c.Args...) {
		line = append(line, strings.ReplaceAll(word, "$(JOB_COMPLETION_INDEX)", index))
	}
	return line
}
