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
	filter := u.config.RequestFilter
	if filter == nil {
		filter = DefaultRequestFilter
	}
	return u.handler, u.config.Options, filter(req), nil
}
