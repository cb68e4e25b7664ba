import { beforeEach, describe, expect, it } from 'vitest'
import { EmbeddedRegistry, RecordCodec, SchemaNotLoadedError, UnreadableRecordError } from '../schemas/index.ts'
import { commandFormat, eventFormats, feedFormats, publishedFormats, type BankCommand } from './bank-messages.ts'
import { ownIban } from './domain/iban.ts'
import { TOPICS } from './topics.ts'

const head = { id: 'c', deadline: 5, replyTo: 'client', expectedVersion: null }
const owner = { iban: ownIban(1), username: 'anne', token: '1'.repeat(20) }
const NO_ALERTS = { balanceBelow: null, amountAbove: null, counterpartyNew: false, debitsInFiveMinutes: null }
const COMMANDS: readonly (readonly [BankCommand, topic: string, key: string])[] = [
  [{ type: 'CreateUserAccount', ...head, username: 'anne', passwordHash: 'h' }, TOPICS.userCommands, 'anne'],
  [{ type: 'AddUserToBankAccount', ...head, ...owner, userToAdd: 'bert' }, TOPICS.userCommands, 'bert'],
  [{ type: 'CreateBankAccount', ...head, iban: ownIban(1), username: 'anne' }, TOPICS.accountCommands, ownIban(1)],
  [{ type: 'RemoveUserFromBankAccount', ...head, ...owner }, TOPICS.accountCommands, ownIban(1)],
  [{ type: 'UpdateAlertSettings', ...head, ...owner, settings: NO_ALERTS }, TOPICS.accountCommands, ownIban(1)],
  [
    {
      type: 'MoneyTransfer',
      ...head,
      token: owner.token,
      amount: 2n ** 60n,
      from: ownIban(1),
      to: ownIban(2),
      description: 'd',
      username: 'anne',
    },
    TOPICS.transferCommands,
    'c',
  ],
]

let codec: RecordCodec

beforeEach(async () => {
  codec = await RecordCodec.open(await EmbeddedRegistry.open({ load: async () => undefined, save: async () => undefined }))
})

describe('A command', () => {
  it('is addressed to the aggregate that it reaches first, and decodes to itself', () => {
    const format = commandFormat(codec)
    for (const [command, topic, key] of COMMANDS) {
      const sent = format.encode(command)
      expect([sent.topic, Buffer.from(sent.key).toString()]).toEqual([topic, key])
      expect(codec.serde(command.type).deserialize(sent.value)).toEqual(command)
    }
    expect([...format.commandTopics].sort()).toEqual([...new Set(COMMANDS.map(([, topic]) => topic))].sort())
  })
})

describe('The topics that the bank publishes', () => {
  const formats = () => [...publishedFormats(codec), ...Object.values(eventFormats(codec)), ...Object.values(feedFormats(codec))]

  it('reject records that are not Avro, are truncated, or belong to another topic', () => {
    const [command] = COMMANDS.map(([sent]) => commandFormat(codec).encode(sent).value)
    const truncated = command?.subarray(0, 7) ?? Buffer.alloc(0)
    for (const { topic, decode } of formats()) {
      for (const bytes of [Buffer.alloc(0), Buffer.from('{"type":"no Avro"}'), Buffer.alloc(4), truncated, command ?? Buffer.alloc(0)]) {
        expect(() => decode(bytes), topic).toThrow(UnreadableRecordError)
      }
    }
  })

  it('ask for a retry while the schema of a record is unknown', async () => {
    const unknown = Buffer.from([0, 0, 0, 255, 255, 1, 2, 3])
    for (const { topic, decode } of formats()) {
      expect(() => decode(unknown), topic).toThrow(SchemaNotLoadedError)
    }
  })

  it('are each listed once', () => {
    const topics = publishedFormats(codec).map(({ topic }) => topic)
    expect(new Set(topics).size).toBe(topics.length)
    expect(topics.toSorted()).toEqual([TOPICS.alerts, TOPICS.outcomes, TOPICS.transactions, TOPICS.transfers, TOPICS.userEvents].toSorted())
  })
})
