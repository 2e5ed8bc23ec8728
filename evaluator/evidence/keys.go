package evidence

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	_ "crypto/sha512" // of P-384
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// KeyError is a key that cannot be used, and the way out.
type KeyError struct{ File, Problem, Hint string }

func (e *KeyError) Error() string { return e.File + ": read key: " + e.Problem }

// Key signs statements.
type Key struct {
	signer crypto.Signer
	public *PublicKey
}

// PublicKey checks signatures.
type PublicKey struct {
	key crypto.PublicKey
	// ID is the SHA-256 of the key in DER, in hexadecimal.
	ID string
	// Algorithm is Ed25519, ECDSA P-256 or ECDSA P-384.
	Algorithm string
}

// ReadKey reads a private key in PEM: PKCS #8 or SEC 1. file is its name in errors.
func ReadKey(file string, text []byte) (*Key, error) {
	block, err := keyBlock(file, text)
	if err != nil {
		return nil, err
	}
	var key any
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "PUBLIC KEY":
		return nil, &KeyError{file, "is a public key, which checks signatures and makes none", "sign with its private key"}
	default:
		return nil, &KeyError{file, "is a PEM block " + block.Type + ", not a private key", newKeyHint}
	}
	if err != nil {
		return nil, &KeyError{file, err.Error(), newKeyHint}
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, &KeyError{file, fmt.Sprintf("is a %T, which does not sign", key), newKeyHint}
	}
	public, err := publicKey(file, signer.Public())
	if err != nil {
		return nil, err
	}
	return &Key{signer, public}, nil
}

const newKeyHint = "openssl genpkey -algorithm ed25519 -out key.pem makes one"

// ReadPublicKey reads a public key in PEM. file is its name in errors.
func ReadPublicKey(file string, text []byte) (*PublicKey, error) {
	const way = "openssl pkey -in key.pem -pubout -out pub.pem writes the public key"
	block, err := keyBlock(file, text)
	switch {
	case err != nil:
		return nil, err
	case strings.Contains(block.Type, "PRIVATE KEY"):
		return nil, &KeyError{file, "is a private key; whoever checks needs the public one alone", way}
	case block.Type == "CERTIFICATE":
		return nil, &KeyError{file, "is a certificate, not a public key", "openssl x509 -in cert.pem -pubkey -noout writes its key"}
	case block.Type != "PUBLIC KEY":
		return nil, &KeyError{file, "is a PEM block " + block.Type + ", not a public key", way}
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, &KeyError{file, err.Error(), way}
	}
	return publicKey(file, key)
}

// keyBlock is the PEM block that holds the key.
func keyBlock(file string, text []byte) (*pem.Block, error) {
	for {
		block, rest := pem.Decode(text)
		switch {
		case block == nil:
			return nil, &KeyError{file, "is no key in PEM", newKeyHint}
		case block.Type == "EC PARAMETERS": // openssl ecparam writes them before the key
			text = rest
			continue
		case strings.Contains(block.Type, "ENCRYPTED"), strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, &KeyError{file, "is encrypted", "openssl pkey -in " + file + " -out plain.pem takes the passphrase off; keep what it writes in memory (/dev/shm), and delete it"}
		case block.Type == "OPENSSH PRIVATE KEY":
			return nil, &KeyError{file, "is a key of OpenSSH", "ssh-keygen -Y sign signs with it, as docs/evidence.md shows"}
		}
		return block, nil
	}
}

func publicKey(file string, key crypto.PublicKey) (*PublicKey, error) {
	p := &PublicKey{key: key}
	switch k := key.(type) {
	case ed25519.PublicKey:
		p.Algorithm = "Ed25519"
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() {
			return nil, &KeyError{file, "is an ECDSA key of the curve " + k.Curve.Params().Name + "; P-256 and P-384 are read", newKeyHint}
		}
		p.Algorithm = "ECDSA " + k.Curve.Params().Name
	default:
		return nil, &KeyError{file, "is neither an Ed25519 nor an ECDSA key", newKeyHint}
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, &KeyError{file, err.Error(), newKeyHint}
	}
	sum := sha256.Sum256(der)
	p.ID = hex.EncodeToString(sum[:])
	return p, nil
}

// Public is the key that checks what this one signs.
func (k *Key) Public() *PublicKey { return k.public }

// Sign signs data. The same data give the same signature: that of ECDSA is the one of RFC 6979, with the lower of its two s.
func (k *Key) Sign(_ context.Context, data []byte) ([]byte, error) {
	hash, message := hashed(k.public.key, data)
	signature, err := k.signer.Sign(nil, message, hash)
	public, ok := k.public.key.(*ecdsa.PublicKey)
	if err != nil || !ok {
		return signature, err
	}
	var s ecdsaSignature
	if _, err := asn1.Unmarshal(signature, &s); err != nil {
		return nil, err
	}
	if !s.low(public.Curve) {
		s.S.Sub(public.Curve.Params().N, s.S)
	}
	return asn1.Marshal(s)
}

// ecdsaSignature is a signature as it is written. With s, the order of the curve less s signs the same: of the two we write the lower
// one. Both are taken, since openssl and much hardware write either.
type ecdsaSignature struct{ R, S *big.Int }

func (s ecdsaSignature) low(curve elliptic.Curve) bool {
	return new(big.Int).Lsh(s.S, 1).Cmp(curve.Params().N) <= 0
}

// KeyID is the public key's id.
func (k *Key) KeyID() (string, error) { return k.public.ID, nil }

// Verify checks a signature of data.
func (p *PublicKey) Verify(_ context.Context, data, signature []byte) error {
	_, message := hashed(p.key, data)
	good := false
	switch k := p.key.(type) {
	case ed25519.PublicKey:
		good = ed25519.Verify(k, message, signature)
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(k, message, signature)
	}
	if !good {
		return errors.New("the signature is not that of this key over this statement")
	}
	return nil
}

// KeyID is the key's id.
func (p *PublicKey) KeyID() (string, error) { return p.ID, nil }

// Public is the key itself.
func (p *PublicKey) Public() crypto.PublicKey { return p.key }

// hashed is what is signed in place of data: data itself for Ed25519, else its digest, SHA-384 for P-384.
func hashed(key crypto.PublicKey, data []byte) (crypto.Hash, []byte) {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok {
		return 0, data
	}
	hash := crypto.SHA256
	if k.Curve == elliptic.P384() {
		hash = crypto.SHA384
	}
	h := hash.New()
	h.Write(data)
	return hash, h.Sum(nil)
}
