package loop

import (
	"fmt"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/mailbox"
)

// Options are the options of a loop. The zero value of a field means its
// default.
type Options struct {
	// Timeout delivers [Timeout] each time that no info has come for this
	// long, as a first [Wait] would. Default: never, as [NoLimit] and
	// [Infinity]. Cowboy: the Timeout that init/2 may return.
	Timeout time.Duration

	// MailboxSize is the maximum number of infos that wait for Info. Default
	// 1024; or [NoLimit].
	MailboxSize int

	// MailboxPolicy is what happens when MailboxSize is reached. Default:
	// RefuseWhenFull.
	MailboxPolicy MailboxPolicy
}

// NoLimit is [handler.NoLimit].
const NoLimit = handler.NoLimit

// DefaultMailboxSize is the default of [Options].MailboxSize.
const DefaultMailboxSize = 1024

// MailboxPolicy says what happens when a loop's mailbox is full.
type MailboxPolicy byte

// The policies. What was refused or dropped is never silently so: Notify
// returns [ErrMailboxFull], and [Loop.Dropped] counts.
const (
	// RefuseWhenFull: the new info is not accepted.
	RefuseWhenFull = MailboxPolicy(mailbox.Refuse)
	// DropOldest: the new info is accepted and the oldest one is dropped.
	DropOldest = MailboxPolicy(mailbox.DropOldest)
	// CloseWhenFull: the new info is not accepted and the loop ends, with
	// 503 where no reply was begun.
	CloseWhenFull = MailboxPolicy(mailbox.Overflow)
)

// Validate returns an error that names the first field whose value is not
// allowed, or nil.
func (o *Options) Validate() error {
	if o.MailboxPolicy > CloseWhenFull {
		return fmt.Errorf("loop: Options.MailboxPolicy is %d; allowed are RefuseWhenFull, DropOldest and CloseWhenFull", o.MailboxPolicy)
	}
	return nil
}

// fill puts the defaults where fields are zero.
func (o *Options) fill() {
	if o.Timeout <= 0 {
		o.Timeout = Infinity
	}
	if o.MailboxSize == 0 {
		o.MailboxSize = DefaultMailboxSize
	}
}
