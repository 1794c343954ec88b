package main

import (
	"encoding/json"
	"errors"
	"log"
	"slices"
	"strings"
	"sync"

	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

// message is what the page gets: who is here, or what somebody said.
type message struct {
	Here []string `json:"here,omitempty"`
	From string   `json:"from,omitempty"`
	Text string   `json:"text,omitempty"`
}

// house knows who is in which room. The group of a room carries the messages.
type house struct {
	rooms *group.Groups
	mu    sync.Mutex // held while publishing, so that the last list is the true one
	names map[string]map[*websocket.Conn]string
}

func newHouse() *house {
	return &house{
		rooms: group.New(group.Options{}),
		names: make(map[string]map[*websocket.Conn]string),
	}
}

func (h *house) enter(room, name string, conn *websocket.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.names[room] == nil {
		h.names[room] = make(map[*websocket.Conn]string)
	}
	h.names[room][conn] = name
	h.rooms.Join(room, conn)
	h.publishNames(room)
}

// leave forgets the name; the group has forgotten the connection already.
func (h *house) leave(room string, conn *websocket.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.names[room], conn)
	if len(h.names[room]) == 0 {
		delete(h.names, room)
		return
	}
	h.publishNames(room)
}

func (h *house) say(room, from, text string) {
	h.publish(room, message{From: from, Text: text})
}

func (h *house) publishNames(room string) {
	var here []string
	for _, name := range h.names[room] {
		here = append(here, name)
	}
	slices.Sort(here)
	h.publish(room, message{Here: here})
}

func (h *house) publish(room string, m message) {
	text, err := json.Marshal(m)
	if err == nil {
		err = h.rooms.Publish(room, websocket.Text(text))
	}
	if err != nil {
		log.Printf("room %s: %v", room, err)
	}
}

// short is what rooms and people may be called.
var short = router.Funcs[string, string]{
	To: func(name string) (string, error) {
		name = strings.TrimSpace(name)
		if name == "" || len(name) > 40 {
			return "", errors.New("a name has 1 to 40 bytes")
		}
		return name, nil
	},
}
