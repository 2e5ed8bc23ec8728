package snapshots

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// secret makes pseudonyms: HMAC-SHA-256 of the original, cut to the shape of what it stands for.
type secret struct {
	key []byte
	// made are the originals of the pseudonyms, by kind and pseudonym.
	made map[[2]string]string
}

func newSecret(key []byte) secret {
	return secret{slices.Clone(key), map[[2]string]string{}}
}

func (s secret) sum(kind, text string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte("cistern redaction v1\x00" + kind + "\x00" + text))
	return mac.Sum(nil)
}

// id tells keys apart.
func (s secret) id() string { return hex.EncodeToString(s.sum("key", "")[:8]) }

// keep notes a pseudonym that was made.
func (s secret) keep(kind, original, pseudonym string) string {
	at := [2]string{kind, pseudonym}
	if other, taken := s.made[at]; taken && other != original {
		s.made[[2]string{"collision", ""}] = kind
	}
	s.made[at] = original
	return pseudonym
}

// collided is the collision of two pseudonyms, if there was one, or of an account's pseudonym with another account.
func (s secret) collided() error {
	if kind, yes := s.made[[2]string{"collision", ""}]; yes {
		return &CollisionError{kind}
	}
	accounts := map[string]bool{}
	for _, at := range slices.SortedFunc(maps.Keys(s.made), func(a, b [2]string) int { return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1])) }) {
		if at[0] == "account" {
			accounts[s.made[at]] = true
		}
	}
	for account := range accounts {
		if _, taken := s.made[[2]string{"account", account}]; taken {
			return &CollisionError{"account"}
		}
	}
	return nil
}

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// word is n letters and digits.
func (s secret) word(kind, text string, n int) string {
	return letters.EncodeToString(s.sum(kind, text))[:n]
}

// hexadecimal is n hexadecimal digits.
func (s secret) hexadecimal(kind, text string, n int) string {
	sum := s.sum(kind, text)
	for len(sum)*2 < n {
		sum = append(sum, s.sum(kind, string(sum))...)
	}
	return hex.EncodeToString(sum)[:n]
}

// digits are n digits, the first of which is not zero.
func (s secret) digits(kind, text string, n int64) string {
	least := new(big.Int).Exp(big.NewInt(10), big.NewInt(n-1), nil)
	number := new(big.Int).SetBytes(s.sum(kind, text))
	number.Mod(number, new(big.Int).Mul(least, big.NewInt(9)))
	return number.Add(number, least).String()
}

func (s secret) account(text string) string {
	return s.keep("account", text, s.digits("account", text, 12))
}

func (s secret) name(text string) string { return s.keep("name", text, "x-"+s.word("name", text, 10)) }

func (s secret) text(text string) string {
	return s.keep("text", text, "redacted-"+s.word("text", text, 12))
}

func (s secret) email(text string) string {
	return s.keep("email", text, "p-"+s.word("email", text, 12)+"@redacted.invalid")
}

func (s secret) phone(text string) string {
	text = strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1 // +1 (555) 010-0000 is +15550100000
	}, text)
	return s.keep("phone", text, "+1555"+s.digits("phone", text, 10))
}

func (s secret) host(text string) string {
	return s.keep("host", text, "h-"+s.word("host", text, 10)+".redacted.invalid")
}

// url keeps the scheme, which tells one protocol from another.
func (s secret) url(text string) string {
	scheme, _, _ := strings.Cut(strings.ToLower(text), "://")
	if !slices.Contains([]string{"http", "ws", "wss"}, scheme) {
		scheme = "https"
	}
	return s.keep("url", text, scheme+"://redacted.invalid/"+s.word("url", text, 16))
}

func (s secret) uuid(text string) string {
	h := s.hexadecimal("uuid", strings.ToLower(text), 32)
	return s.keep("uuid", strings.ToLower(text), h[:8]+"-"+h[8:12]+"-"+h[12:16]+"-"+h[16:20]+"-"+h[20:])
}

// prefixed keeps what stands before the first or second hyphen, and the length of the rest.
func (s secret) prefixed(text string) string {
	i := strings.LastIndexByte(text, '-') + 1
	return s.keep("id", text, text[:i]+s.hexadecimal("id", text, len(text)-i))
}

// unique keeps the four letters that say what a unique id of IAM names.
func (s secret) unique(text string) string {
	return s.keep("unique id", text, text[:4]+strings.ToUpper(s.word("unique id", text, len(text)-4)))
}

func (s secret) address(text string) string {
	sum := s.sum("address", text)
	if strings.Contains(text, ":") {
		h := hex.EncodeToString(sum)
		return s.keep("address", text, "2001:db8:"+h[:4]+":"+h[4:8]+":"+h[8:12]+":"+h[12:16]+":"+h[16:20]+":"+h[20:24])
	}
	return s.keep("address", text, fmt.Sprintf("%d.%d.%d.%d", 240|sum[0]&15, sum[1], sum[2], sum[3]))
}
