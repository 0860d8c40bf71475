// Node.js 20 lacks what js-libp2p calls; imported before it.
Promise.withResolvers ??= function () {
  const found = {}
  found.promise = new this((resolve, reject) => Object.assign(found, { resolve, reject }))
  return found
}
