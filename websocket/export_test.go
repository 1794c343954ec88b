package websocket

func init() { checkOwner = true }
