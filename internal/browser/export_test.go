package browser

const Settle = settle
