package evidence

import (
	"context"
	"crypto/ecdsa"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

func TestKeys(t *testing.T) {
	for _, name := range []string{"ed25519", "p256", "p384-sec1"} {
		key := testKey(t, name+".pem")
		text, err := os.ReadFile("testdata/" + name + ".pub.pem")
		if err != nil {
			t.Fatal(err)
		}
		public, err := ReadPublicKey(name, text)
		if err != nil {
			t.Fatal(err)
		}
		if public.ID != key.Public().ID {
			t.Errorf("%s: got id %s of the public key, want %s, that of the private one", name, public.ID, key.Public().ID)
		}
		first, err := key.Sign(context.Background(), []byte("data"))
		if err != nil {
			t.Fatal(err)
		}
		again, err := key.Sign(context.Background(), []byte("data"))
		if err != nil || string(first) != string(again) {
			t.Errorf("%s: got two signatures of the same data, want one", name)
		}
		if err := public.Verify(context.Background(), []byte("data"), first); err != nil {
			t.Errorf("%s: got %v, want the signature to hold", name, err)
		}
		if err := public.Verify(context.Background(), []byte("date"), first); err == nil {
			t.Errorf("%s: got no error of other data", name)
		}
	}
	// openssl pkey -pubin -in ed25519.pub.pem -outform DER | sha256sum
	if got, want := testKey(t, "ed25519.pem").Public().ID, "3b59a7194006dd17b5ddd7e0681ea19d3e8f0f052edac55d89396cb63de8265f"; got != want {
		t.Errorf("got key id %s, want %s as openssl and sha256sum have it", got, want)
	}
}

// Of the two signatures that ECDSA gives of one, the one with the lower s is written, and both are taken.
func TestLowerS(t *testing.T) {
	for _, name := range []string{"p256.pem", "p384-sec1.pem"} {
		key := testKey(t, name)
		curve := key.public.key.(*ecdsa.PublicKey).Curve
		for i := range 20 {
			data := []byte{byte(i)}
			signature, err := key.Sign(t.Context(), data)
			if err != nil {
				t.Fatal(err)
			}
			if err := key.Public().Verify(t.Context(), data, signature); err != nil {
				t.Errorf("%s: got %v, want the signature to hold", name, err)
			}
			var s ecdsaSignature
			if _, err := asn1.Unmarshal(signature, &s); err != nil {
				t.Fatal(err)
			}
			if !s.low(curve) {
				t.Errorf("%s: got a signature with the higher s", name)
			}
			s.S.Sub(curve.Params().N, s.S)
			if signature, err = asn1.Marshal(s); err != nil {
				t.Fatal(err)
			}
			if err := key.Public().Verify(t.Context(), data, signature); err != nil {
				t.Errorf("%s: got %v, want the same signature with the higher s to hold, as openssl may write it", name, err)
			}
		}
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	private := []struct{ file, want string }{
		{"encrypted.pem", "is encrypted"},
		{"encrypted-sec1.pem", "is encrypted"},
		{"rsa.pem", "neither an Ed25519 nor an ECDSA key"},
		{"p521.pem", "of the curve P-521"},
		{"ed25519.pub.pem", "is a public key"},
		{"README", "is no key in PEM"},
	}
	for _, test := range private {
		text, err := os.ReadFile("testdata/" + test.file)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadKey(test.file, text)
		if key, ok := err.(*KeyError); !ok || !strings.Contains(key.Problem, test.want) || key.Hint == "" {
			t.Errorf("%s: got %v, want %q and a hint", test.file, err, test.want)
		}
	}
	for _, text := range []string{"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n", "-----BEGIN OPENSSH PRIVATE KEY-----\nAA==\n-----END OPENSSH PRIVATE KEY-----\n"} {
		if _, err := ReadKey("broken", []byte(text)); err == nil {
			t.Errorf("got no error of %q", text)
		}
	}
	for file, want := range map[string]string{"ed25519.pem": "is a private key", "p384-sec1.pem": "is a private key", "encrypted.pem": "is encrypted"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPublicKey(file, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s as a public key: got %v, want %q", file, err, want)
		}
	}
}

// An envelope that says the same in other bytes, or another thing, does not hold.
func TestHostileEnvelopes(t *testing.T) {
	change := func(f func(e *dsse.Envelope)) func([]byte) []byte {
		return func(text []byte) []byte {
			e := &dsse.Envelope{}
			if err := json.Unmarshal(text, e); err != nil {
				t.Fatal(err)
			}
			f(e)
			text, err := encodeEnvelope(e)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
	}
	tests := []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"space", func(text []byte) []byte { return append(text, ' ') }, "not in its one form"},
		{"nothing", func([]byte) []byte { return nil }, "read:"},
		{"not JSON", func([]byte) []byte { return []byte("null") }, "not in its one form"},
		{"another type", change(func(e *dsse.Envelope) { e.PayloadType = "text/plain" }), "an envelope of something else"},
		{"another payload", change(func(e *dsse.Envelope) { e.Payload = base64.StdEncoding.EncodeToString([]byte("{}")) }), "what was signed is not evidence.intoto.json"},
		{"no signature", change(func(e *dsse.Envelope) { e.Signatures = nil }), "holds no signature"},
		{"twice", change(func(e *dsse.Envelope) { e.Signatures = append(e.Signatures, e.Signatures[0]) }), "signs twice"},
		{"no base64", change(func(e *dsse.Envelope) { e.Signatures[0].Sig = "?" }), "base64"},
		{"another key's id", change(func(e *dsse.Envelope) { e.Signatures[0].KeyID = "00" }), "the key has not signed"},
		{"another signature", change(func(e *dsse.Envelope) {
			e.Signatures[0].Sig = base64.StdEncoding.EncodeToString(make([]byte, 64))
		}), "a signature under its id that is not of it"},
	}
	for _, test := range tests {
		b, o := signed(t)
		b[EnvelopeFile] = test.change(b[EnvelopeFile])
		if v := verify(t, b, o); v.Result != Fails || !strings.Contains(v.text(), test.want) {
			t.Errorf("%s: got %s, want it to fail with %q:\n%s", test.name, v.Result, test.want, v.text())
		}
	}
}

func TestCanonical(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"b": 1, "a": [true, null, "x"]}`, `{"a":[true,null,"x"],"b":1}`},
		// The example of RFC 8785, section 3.2.2, but for its numbers.
		{`{"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`, "{\"literals\":[null,true,false],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
		// That of section 3.2.3.
		{`{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7}`, "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"},
		{"\"\u2028<>&\"", "\"\u2028<>&\""},
	}
	for _, test := range tests {
		got, err := canonicalAgain([]byte(test.text))
		if err != nil || string(got) != test.want {
			t.Errorf("got %s (%v), want %s", got, err, test.want)
		}
	}
}
