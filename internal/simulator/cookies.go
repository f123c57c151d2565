package simulator

import (
	"slices"
)

// cookie is a cookie. Those of a session are for all pages.
type cookie struct {
	Name     string `json:"name"`
	Value    string `json:"value"`
	Path     string `json:"path"`
	Domain   string `json:"domain,omitempty"`
	Secure   bool   `json:"secure"`
	HTTPOnly bool   `json:"httpOnly"`
	Expiry   *int64 `json:"expiry,omitempty"`
	SameSite string `json:"sameSite,omitempty"`
}

// maxCookies is how many a session keeps.
const maxCookies = 200

func getCookies(c *call) (any, error) {
	if _, err := c.openedPage(); err != nil {
		return nil, err
	}
	return append([]cookie{}, c.session.cookies...), nil
}

func addCookie(c *call) (any, error) {
	var body struct {
		Cookie *cookie `json:"cookie"`
	}
	if _, err := c.openedPage(); err != nil {
		return nil, err
	}
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	if body.Cookie == nil || body.Cookie.Name == "" {
		return nil, fail(invalidArgument, "cookie is needed, with a name and a value")
	}
	added := *body.Cookie
	if added.Path == "" {
		added.Path = "/"
	}
	s := c.session
	s.forget(added.Name)
	if len(s.cookies) >= maxCookies {
		return nil, fail("unable to set cookie", "a session keeps %d cookies", maxCookies)
	}
	s.cookies = append(s.cookies, added)
	return nil, nil
}

func getCookie(c *call) (any, error) {
	if _, err := c.openedPage(); err != nil {
		return nil, err
	}
	for _, k := range c.session.cookies {
		if k.Name == c.values[1] {
			return k, nil
		}
	}
	return nil, fail("no such cookie", "the session has no cookie %q", shortened(c.values[1]))
}

func deleteCookie(c *call) (any, error) {
	_, err := c.openedPage()
	if err == nil {
		c.session.forget(c.values[1])
	}
	return nil, err
}

func deleteCookies(c *call) (any, error) {
	_, err := c.openedPage()
	if err == nil {
		c.session.cookies = nil
	}
	return nil, err
}

func (s *session) forget(name string) {
	s.cookies = slices.DeleteFunc(s.cookies, func(k cookie) bool { return k.Name == name })
}
