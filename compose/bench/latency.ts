import { createRecordBatchBuilder, partitionOf, Serdes, StreamsBuilder, systemPorts } from '../../topology/index.ts'
import { PARTITIONS, type Workplace } from './workplace.ts'
import type { Measured } from './count.ts'

/** Load before the measurement, because a broker is slow until its JVM has compiled the hot paths. */
const WARM_UP_SECONDS = 15

/** Three stateful hops with two repartitions between them: the latency from sending a record to reading the output of its last hop. */
export async function benchLatency(
  workplace: Workplace,
  records: number,
  perSecond: number,
): Promise<Measured & { readonly p50Ms: number; readonly p99Ms: number }> {
  const { broker, start } = workplace
  await broker.admin.createTopics(['in', 'out'].map((name) => ({ name, partitions: PARTITIONS })))
  const builder = new StreamsBuilder()
  const id = { key: Serdes.string, value: Serdes.string }
  let stream = builder.stream('in', id)
  for (const hop of ['one', 'two', 'three']) {
    const grouped = hop === 'one' ? stream.groupByKey() : stream.groupBy((value) => `${hop}-${value}`, { name: `by-${hop}`, ...id })
    stream = grouped
      .aggregate(
        () => '',
        (_, value) => value,
        { name: hop, key: Serdes.string, value: Serdes.string },
      )
      .toStream()
      .mapValues((value) => value ?? '')
  }
  stream.to('out', id)
  const streams = await start(builder.build())
  const { timers } = systemPorts()
  while (!streams.tasks().every(({ state }) => state === 'running') || streams.tasks().length === 0) await timers.sleep(5)

  const arrived = new Map<string, number>()
  let listening = true
  const fetcher = broker.openFetcher()
  const listener = (async () => {
    const offsets = Array.from({ length: PARTITIONS }, () => 0)
    while (listening) {
      const asked = offsets.map((offset, partition) => ({ topic: 'out', partition, offset }))
      for (const { partition, batches, nextOffset } of await fetcher.fetch(asked, { maxWaitMs: 500 })) {
        const now = performance.now()
        for (const batch of batches) while (batch.next()) if (batch.value !== null) arrived.set(Serdes.string.deserialize(batch.value), now)
        offsets[partition] = nextOffset
      }
    }
  })()
  const producer = await broker.openProducer({})
  const batch = createRecordBatchBuilder()
  const sent = new Map<string, number>()
  const begin = performance.now()
  const warmUp = WARM_UP_SECONDS * perSecond
  const all = warmUp + records
  for (let at = 0; at < all;) {
    const due = Math.min(all, Math.ceil(((performance.now() - begin) / 1000) * perSecond))
    for (; at < due; at++) {
      const key = Buffer.from(`key-${at}`)
      batch.reset()
      batch.append(key, key, Date.now())
      if (at >= warmUp) sent.set(`key-${at}`, performance.now())
      await producer.send('in', partitionOf(key, PARTITIONS), batch)
    }
    await producer.commit()
    await timers.sleep(1)
  }
  for (; arrived.size < all; await timers.sleep(2)) if (streams.failure !== undefined) throw streams.failure
  const seconds = (performance.now() - begin) / 1000
  listening = false
  fetcher.wakeup()
  await listener
  await fetcher.close()
  await producer.close()
  await streams.stop()
  const latencies = [...sent].map(([key, from]) => (arrived.get(key) ?? Infinity) - from).sort((a, b) => a - b)
  const at = (share: number): number => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 10) / 10
  return { records, recordsPerSecond: Math.round(all / seconds), p50Ms: at(0.5), p99Ms: at(0.99) }
}
