/** The bank under simulation: what customers do, and what must hold in the logs afterwards. */
import { bankTopics, bankTopology, CASH, isOwnIban, ownIban, TOPICS, type MoneyEvent } from '../../processors/index.ts'
import { EmbeddedRegistry, RECORD_NAMES, RecordCodec, type RecordName, type Records } from '../../schemas/index.ts'
import { partitionOf } from '../../topology/index.ts'
import type { Logs, Scenario, Stimulus } from '../../topology/testing/index.ts'

type AnyRecord = Records[RecordName]

const PARTITIONS = 1
const ACCOUNTS = 2
const FOREIGN_IBAN = 'DE02100100109307118603'
const TOKEN = '1'.repeat(20)
const FAR_FUTURE_MS = 4_000_000_000_000

/** The bank under simulation: the commands of its customers, and what must hold in the logs afterwards. */
export async function bankScenario(): Promise<Scenario> {
  const registry = await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined })
  const codec = await RecordCodec.open(registry)
  const records = codec.serde(...RECORD_NAMES)
  const topics = bankTopics(PARTITIONS)
  const read = (logs: Logs, topic: string): readonly AnyRecord[] =>
    logs.records(topic).flatMap(({ value }) => (value === null ? [] : [records.deserialize(value)]))
  return {
    applicationId: 'bank',
    topics,
    topology: bankTopology({ codec, newToken: () => TOKEN }),
    stimuli: (random) => {
      const stimulus = (topic: string, key: string, record: AnyRecord): Stimulus => {
        const keyBytes = Buffer.from(key)
        return { topic, partition: partitionOf(keyBytes, PARTITIONS), key: keyBytes, value: records.serialize(record) }
      }
      const head = { deadline: FAR_FUTURE_MS, replyTo: 'client', expectedVersion: null }
      const opened = Array.from({ length: ACCOUNTS }, (_, at) =>
        stimulus(TOPICS.accountCommands, ownIban(at), {
          type: 'CreateBankAccount',
          ...head,
          id: `open-${at}`,
          iban: ownIban(at),
          username: 'u',
        }),
      )
      const moved = Array.from({ length: random.integer(1, 2) }, (_, number) => {
        const from = random.chance(0.3) ? CASH : ownIban(random.integer(0, ACCOUNTS - 1))
        const to = random.chance(0.15) ? FOREIGN_IBAN : ownIban(random.integer(0, ACCOUNTS))
        const id = `t${number}`
        const order = {
          id,
          token: random.chance(0.1) ? 'wrong' : TOKEN,
          amount: BigInt(random.integer(1, 40_000)),
          from,
          to,
          description: 'd',
          username: 'u',
        }
        return stimulus(TOPICS.transferCommands, id, { type: 'MoneyTransfer', ...head, ...order })
      })
      return [...opened, ...moved]
    },
    isAtRest: (logs) => {
      const answered = new Set(read(logs, TOPICS.outcomes).map((outcome) => ('command' in outcome ? outcome.command : '')))
      const asked = [TOPICS.accountCommands, TOPICS.transferCommands].flatMap((topic) => read(logs, topic))
      const open = asked.some((command) => 'replyTo' in command && command.replyTo === 'client' && !answered.has(command.id))
      return !open && moneyEvents(read(logs, TOPICS.accountEvents)).length === read(logs, TOPICS.transactions).length
    },
    violations: (logs) => [
      ...outcomeFaults(
        [TOPICS.accountCommands, TOPICS.transferCommands].flatMap((topic) => read(logs, topic)),
        read(logs, TOPICS.outcomes),
      ),
      ...accountFaults(read(logs, TOPICS.accountEvents), read(logs, TOPICS.transactions)),
      ...transferFaults(read(logs, TOPICS.transferEvents), read(logs, TOPICS.accountEvents)),
    ],
  }
}

/** Every command has an outcome. A command sent again gets the same outcome again, and never more outcomes than it was sent. */
function outcomeFaults(commands: readonly AnyRecord[], outcomes: readonly AnyRecord[]): readonly string[] {
  const faults: string[] = []
  const sent = new Map<string, number>()
  for (const command of commands) {
    if ('replyTo' in command && command.replyTo === 'client') sent.set(command.id, (sent.get(command.id) ?? 0) + 1)
  }
  for (const [id, times] of sent) {
    const mine = outcomes.filter((outcome) => 'command' in outcome && outcome.command === id).map((outcome) => JSON.stringify(outcome))
    if (mine.length === 0) faults.push(`command ${id} has no outcome`)
    if (new Set(mine).size > 1) faults.push(`command ${id} has different outcomes: ${mine.join(' ')}`)
    if (mine.length > times) faults.push(`command ${id} was sent ${times} times but has ${mine.length} outcomes`)
  }
  return faults
}

/** Versions have no gaps, a command has one event, balances follow from the events, rows follow from both. */
function accountFaults(events: readonly AnyRecord[], rows: readonly AnyRecord[]): readonly string[] {
  const faults: string[] = []
  const versions = new Map<string, number>()
  const balances = new Map<string, bigint>()
  const commands = new Set<string>()
  for (const event of events) {
    if (!('version' in event) || !('iban' in event)) continue
    const { iban, version, command } = event
    if (version !== (versions.get(iban) ?? 0) + 1) faults.push(`${iban} goes from version ${versions.get(iban) ?? 0} to ${version}`)
    versions.set(iban, version)
    if (commands.has(command)) faults.push(`command ${command} has two events`)
    commands.add(command)
    if (!('balance' in event)) continue
    const balance = (balances.get(iban) ?? 0n) + signed(event)
    balances.set(iban, balance)
    if (event.balance !== balance) faults.push(`${iban} states a balance of ${event.balance}, but its events sum to ${balance}`)
  }
  const folded = moneyEvents(events).map((event) => `${event.iban}-${event.version} ${event.balance}`)
  const projected = rows.map((row) => ('newBalance' in row ? `${row.id} ${row.newBalance}` : ''))
  if (folded.toSorted().join() !== projected.toSorted().join())
    faults.push(`the rows are ${projected.join()}, but the events fold to ${folded.join()}`)
  return faults
}

/** Each transfer starts and ends once. Debited money is credited, returned, or leaves the bank; only a cash deposit adds money. */
function transferFaults(events: readonly AnyRecord[], accountEvents: readonly AnyRecord[]): readonly string[] {
  const faults: string[] = []
  for (const started of events) {
    if (started.type !== 'TransferStarted') continue
    const { transferId: id, from, to, amount } = started
    const mine = events.filter((event) => 'transferId' in event && event.transferId === id).map(({ type }) => type)
    const [first, end, ...more] = mine
    if (first !== 'TransferStarted' || end === undefined || more.length > 0) faults.push(`transfer ${id} went ${mine.join(', ')}`)
    const sum = moneyEvents(accountEvents)
      .filter((event) => event.transferId === id)
      .reduce((total, event) => total + signed(event), 0n)
    const made = from === CASH ? amount : isOwnIban(to) ? 0n : -amount
    const expected = end === 'TransferCompleted' ? made : 0n
    if (sum !== expected) faults.push(`transfer ${id} changed the books by ${sum}, not by ${expected}`)
  }
  return faults
}

/** By how much an event changes the balance, in amounts: stated here once more, so that the bank's own sign is checked. */
const SIGNS: Readonly<Record<MoneyEvent['type'], bigint>> = { MoneyDebited: -1n, MoneyCredited: 1n, MoneyReturned: 1n }

function moneyEvents(events: readonly AnyRecord[]): readonly MoneyEvent[] {
  return events.filter((event): event is MoneyEvent => event.type in SIGNS)
}

function signed({ type, amount }: MoneyEvent): bigint {
  return SIGNS[type] * amount
}
