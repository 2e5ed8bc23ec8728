package evidence

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Sign signs the bundle's statement and adds the envelope; beside the signatures that are there already, or in place of the key's own.
func (b Bundle) Sign(ctx context.Context, key *Key) error {
	for _, c := range []Check{b.checkSums(), b.checkSubjects()} {
		if c.Status == Fails {
			return fmt.Errorf("%s: %s", c.Name, c.Problems[0])
		}
	}
	signer, err := dsse.NewEnvelopeSigner(key)
	if err != nil {
		return err
	}
	signed, err := signer.SignPayload(ctx, PayloadType, b[StatementFile])
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	if _, ok := b[EnvelopeFile]; ok {
		before, problem := b.envelope()
		if problem != nil {
			return fmt.Errorf("%s", problem)
		}
		for _, s := range before.Signatures {
			if s.KeyID != key.public.ID {
				signed.Signatures = append(signed.Signatures, s)
			}
		}
	}
	slices.SortFunc(signed.Signatures, func(a, b dsse.Signature) int { return strings.Compare(a.KeyID, b.KeyID) })
	b[EnvelopeFile], err = encodeEnvelope(signed)
	return err
}

func encodeEnvelope(e *dsse.Envelope) ([]byte, error) {
	text, err := json.Marshal(e)
	return append(text, '\n'), err
}

// envelope reads the signed envelope, which must be as it is written, to the byte, and around the bundle's statement.
func (b Bundle) envelope() (*dsse.Envelope, *Problem) {
	text := b[EnvelopeFile]
	wrong := func(problem, expected, found string) (*dsse.Envelope, *Problem) {
		return nil, &Problem{EnvelopeFile, problem, expected, found}
	}
	e := &dsse.Envelope{}
	if err := json.Unmarshal(text, e); err != nil {
		return wrong("read: "+err.Error(), "", "")
	}
	if again, err := encodeEnvelope(e); err != nil || !bytes.Equal(again, text) {
		return wrong("is not in its one form: differs "+firstDifference(again, text), "", "")
	}
	if e.PayloadType != PayloadType {
		return wrong("is an envelope of something else", PayloadType, e.PayloadType)
	}
	payload, err := base64.StdEncoding.Strict().DecodeString(e.Payload)
	if err != nil {
		return wrong("payload: "+err.Error(), "", "")
	}
	if !bytes.Equal(payload, b[StatementFile]) {
		return wrong("what was signed is not "+StatementFile+": differs "+firstDifference(payload, b[StatementFile]), "sha256:"+digest(payload), "sha256:"+digest(b[StatementFile]))
	}
	if len(e.Signatures) == 0 {
		return wrong("holds no signature", "", "")
	}
	for i, s := range e.Signatures {
		if i > 0 && e.Signatures[i-1].KeyID >= s.KeyID {
			return wrong("key "+s.KeyID+": signs twice, or not in order", "", "")
		}
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Sig); err != nil {
			return wrong("signature of "+s.KeyID+": "+err.Error(), "", "")
		}
	}
	return e, nil
}

// checkSignature checks that each of the keys has signed. Signatures of other keys are named, and not checked.
func (b Bundle) checkSignature(ctx context.Context, keys []*PublicKey) (Check, error) {
	c := Check{Name: "signature", Status: Holds}
	if _, ok := b[EnvelopeFile]; !ok {
		if len(keys) > 0 {
			return c.fail(Problem{File: EnvelopeFile, Problem: "is not there: the bundle is not signed", Expected: "a signature of key " + keys[0].ID, Found: "none"}), nil
		}
		c.Status, c.Message = Unchecked, "not signed: nothing says who made it"
		return c, nil
	}
	e, problem := b.envelope()
	if problem != nil {
		return c.fail(*problem), nil
	}
	var good, others []string
	for _, key := range keys {
		verifier, err := dsse.NewEnvelopeVerifier(key)
		if err != nil {
			return c, err
		}
		if _, err := verifier.Verify(ctx, e); err != nil {
			var ids []string
			for _, s := range e.Signatures {
				ids = append(ids, s.KeyID)
			}
			found := "signed by " + strings.Join(ids, ", ")
			if slices.Contains(ids, key.ID) {
				found = "a signature under its id that is not of it"
			}
			c = c.fail(Problem{EnvelopeFile, "the key has not signed this statement", "a signature of key " + key.ID, found})
			continue
		}
		good = append(good, fmt.Sprintf("%s (%s)", key.ID, key.Algorithm))
	}
	for _, s := range e.Signatures {
		if !slices.ContainsFunc(keys, func(key *PublicKey) bool { return key.ID == s.KeyID }) {
			others = append(others, s.KeyID)
		}
	}
	if c.Status == Fails {
		return c, nil
	}
	if len(good) > 0 {
		c.Message = "signed by key " + strings.Join(good, ", key ")
	}
	if len(others) > 0 {
		c.Status = Unchecked
		c.Message = strings.TrimPrefix(c.Message+"; signed by key id "+strings.Join(others, ", ")+", not checked: --key gives its public key", "; ")
	}
	return c, nil
}
