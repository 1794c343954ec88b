package websocket

import (
	"errors"
	"fmt"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

func init() { driven.Upgraded = upgradedBy }

// upgradedBy takes apart what Upgrade made.
func upgradedBy(made, request any) (h, options, info any, err error) {
	given, req := made.(*handler.Upgrade), request.(*handler.Request)
	if given == nil {
		return nil, nil, nil, errors.New("websocket: the route returned no Upgrade")
	}
	u, ok := given.Protocol.(*upgrade)
	switch {
	case !ok:
		return nil, nil, nil, fmt.Errorf("websocket: the route upgraded to a %T", given.Protocol)
	case u.config.err != nil:
		return nil, nil, nil, u.config.err
	case u.handler == nil:
		return nil, nil, nil, errNilHandler
	}
	return u.handler, u.config.unfilled(), u.config.RequestFilter(req), nil
}

// unfilled returns options that fill makes those of c: to fill, a limit of 0 is
// the default, but in c it is none.
func (c *config) unfilled() Options {
	o := c.Options
	restore(&o.IdleTimeout)
	restore(&o.HibernateAfter)
	restore(&o.MaxFrameSize)
	restore(&o.MinWriteRate)
	restore(&o.MailboxSize)
	restore(&o.MaxPending)
	return o
}

func restore[T ~int | ~int64](limit *T) {
	if *limit == 0 {
		*limit = NoLimit
	}
}
