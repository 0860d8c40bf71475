// A js-libp2p gossipsub peer: `node peer.mjs FILE`. A first line of JSON, {"topic", "dial"}, tells what to hear and whom to
// connect to; each further line is a post to publish, in hexadecimal. When the input ends, FILE is written: at which
// second each post came, by its SHA-256.
import './withresolvers.mjs'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true, emitSelf: false }) }
})
const arrived = {}
node.services.pubsub.addEventListener('message', ({ detail }) => {
  arrived[createHash('sha256').update(detail.data).digest('hex')] ??= Date.now() / 1000
})
let topic = ''
for await (const line of createInterface({ input: process.stdin })) {
  if (topic === '') {
    const job = JSON.parse(line)
    topic = job.topic
    node.services.pubsub.subscribe(topic)
    for (const address of job.dial) await node.dial(multiaddr(address))
    console.log('ready')
  } else {
    node.services.pubsub.publish(topic, Buffer.from(line, 'hex')).catch((error) => console.error(error.message))
  }
}
writeFileSync(process.argv[2], JSON.stringify(arrived))
await node.stop()
process.exit(0)
