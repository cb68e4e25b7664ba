import { randomInt } from 'node:crypto'
import { bankTopics, bankTopology, CASH, ownIban, TOPICS } from '../../processors/index.ts'
import { EmbeddedRegistry, RecordCodec } from '../../schemas/index.ts'
import { createRecordBatchBuilder, partitionOf, systemPorts } from '../../topology/index.ts'
import type { Measured } from './count.ts'
import { PARTITIONS, type Workplace } from './workplace.ts'

const ACCOUNTS = 200
const FIRST_DEPOSIT = 100_000n

/** Transfers in flight when no rate is set: enough that no stage of the topology is ever idle. */
const IN_FLIGHT = 400

/**
 * Transfers between accounts, each through the saga, two accounts and the projections; the latency is from command to outcome. Without a
 * rate each outcome makes room for the next transfer.
 */
export async function benchTransfers(
  workplace: Workplace,
  transfers: number,
  perSecond: number | undefined,
): Promise<Measured & { readonly p50Ms: number; readonly p99Ms: number }> {
  const { broker, start } = workplace
  await broker.admin.createTopics(bankTopics(PARTITIONS))
  const registry = await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined })
  const codec = await RecordCodec.open(registry)
  const newToken = (): string => '1'.repeat(20)
  const streams = await start(bankTopology({ codec, newToken }))
  const accountSerde = codec.serde('CreateBankAccount')
  const transferSerde = codec.serde('MoneyTransfer')
  const outcomeSerde = codec.serde('CommandSucceeded', 'CommandFailed')
  const producer = await broker.openProducer({})
  const batch = createRecordBatchBuilder()
  const head = { deadline: Date.now() + 3_600_000, replyTo: 'bench', expectedVersion: null }
  const send = async (topic: string, key: string, value: Uint8Array): Promise<void> => {
    const keyBytes = Buffer.from(key)
    batch.reset()
    batch.append(keyBytes, value, Date.now())
    await producer.send(topic, partitionOf(keyBytes, PARTITIONS), batch)
  }
  const answered = new Map<string, number>()
  let listening = true
  const fetcher = broker.openFetcher()
  const partition = partitionOf(Buffer.from('bench'), PARTITIONS)
  const listener = (async () => {
    for (let offset = 0; listening;) {
      for (const fetched of await fetcher.fetch([{ topic: TOPICS.outcomes, partition, offset }], { maxWaitMs: 500 })) {
        const now = performance.now()
        for (const outcomes of fetched.batches)
          while (outcomes.next()) if (outcomes.value !== null) answered.set(outcomeSerde.deserialize(outcomes.value).command, now)
        offset = fetched.nextOffset
      }
    }
  })()
  const reached = async (count: number): Promise<void> => {
    for (; answered.size < count; await systemPorts().timers.sleep(2)) if (streams.failure !== undefined) throw streams.failure
  }
  const order = (id: string, from: string, to: string, amount: bigint) => ({
    type: 'MoneyTransfer' as const,
    ...head,
    id,
    token: newToken(),
    amount,
    from,
    to,
    description: 'bench',
    username: 'bench',
  })
  for (let at = 0; at < ACCOUNTS; at++) {
    const iban = ownIban(at)
    await send(
      TOPICS.accountCommands,
      iban,
      accountSerde.serialize({ type: 'CreateBankAccount', ...head, id: `open-${at}`, iban, username: 'bench' }),
    )
  }
  await producer.commit()
  await reached(ACCOUNTS)
  for (let at = 0; at < ACCOUNTS; at++)
    await send(TOPICS.transferCommands, `deposit-${at}`, transferSerde.serialize(order(`deposit-${at}`, CASH, ownIban(at), FIRST_DEPOSIT)))
  await producer.commit()
  await reached(2 * ACCOUNTS)
  const sent = new Map<string, number>()
  const begin = performance.now()
  for (let at = 0; at < transfers;) {
    const allowed =
      perSecond === undefined ? answered.size - 2 * ACCOUNTS + IN_FLIGHT : Math.ceil(((performance.now() - begin) / 1000) * perSecond)
    const due = Math.min(transfers, allowed)
    for (; at < due; at++) {
      const from = randomInt(ACCOUNTS)
      const to = (from + 1 + randomInt(ACCOUNTS - 1)) % ACCOUNTS
      sent.set(`t-${at}`, performance.now())
      await send(TOPICS.transferCommands, `t-${at}`, transferSerde.serialize(order(`t-${at}`, ownIban(from), ownIban(to), 1n)))
    }
    await producer.commit()
    await systemPorts().timers.sleep(1)
  }
  await reached(2 * ACCOUNTS + transfers)
  const seconds = (performance.now() - begin) / 1000
  listening = false
  fetcher.wakeup()
  await listener
  await fetcher.close()
  await producer.close()
  await streams.stop()
  const latencies = [...sent].map(([id, from]) => (answered.get(id) ?? Infinity) - from).sort((a, b) => a - b)
  const at = (share: number): number => Math.round((latencies[Math.floor(latencies.length * share)] ?? 0) * 10) / 10
  return { records: transfers, recordsPerSecond: Math.round(transfers / seconds), p50Ms: at(0.5), p99Ms: at(0.99) }
}
