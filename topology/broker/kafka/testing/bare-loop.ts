import { Kafka, logLevel, type Message } from 'kafkajs'
import { systemPorts } from '../../../system-ports.ts'

export interface BareLoop {
  /** Records read per second by a kafkajs consumer that writes two records for each. */
  readonly bareLoopPerSecond: number
}

const TOPICS = ['bare-in', 'bare-out', 'bare-log']
const PARTITIONS = 4
const RECORDS = 200_000
/** Messages per send. */
const CHUNK = 1_000

/** Baseline for benchmarks: a kafkajs consumer and producer without the engine, at least once. Reads 100 bytes, writes 100 and 8. */
export async function measureBareLoop(addresses: readonly string[]): Promise<BareLoop> {
  const kafka = new Kafka({ brokers: [...addresses], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: 'bare', maxBytesPerPartition: 1 << 20 })
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
  try {
    await admin.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: PARTITIONS })), waitForLeaders: true })
    const value = Buffer.alloc(100, 'v')
    for (let at = 0; at < RECORDS; at += CHUNK) {
      const messages = Array.from({ length: CHUNK }, (_, index) => ({ key: `key-${(at + index) % 100_000}`, value }))
      await producer.send({ topic: 'bare-in', messages, acks: -1 })
    }
    await consumer.subscribe({ topics: ['bare-in'], fromBeginning: true })
    const seconds = await loop()
    return { bareLoopPerSecond: Math.round(RECORDS / seconds) }
  } finally {
    await Promise.all([consumer.disconnect(), producer.disconnect()])
    await admin.deleteTopics({ topics: TOPICS })
    await admin.disconnect()
  }

  /** Returns the seconds from the first record to the last. */
  function loop(): Promise<number> {
    let read = 0
    let begin = 0
    const { clock } = systemPorts()
    const count = Buffer.alloc(8)
    return new Promise((resolve, reject) => {
      consumer
        .run({
          autoCommitInterval: 1_000,
          eachBatch: async ({ batch }) => {
            begin ||= clock.monotonic()
            for (let at = 0; at < batch.messages.length; at += CHUNK) {
              const chunk = batch.messages.slice(at, at + CHUNK)
              const toMessages = (value: (message: Message) => Message['value']): Message[] =>
                chunk.map((message) => ({ key: message.key, value: value(message) }))
              await producer.sendBatch({
                topicMessages: [
                  { topic: 'bare-out', messages: toMessages(({ value }) => value) },
                  { topic: 'bare-log', messages: toMessages(() => count) },
                ],
              })
            }
            read += batch.messages.length
            if (read >= RECORDS) resolve((clock.monotonic() - begin) / 1000)
          },
        })
        .catch(reject)
    })
  }
}
