package login

// AwaitRedirect is awaitRedirect, which tests give a listener without sockets, so that the clock can be theirs.
var AwaitRedirect = awaitRedirect
