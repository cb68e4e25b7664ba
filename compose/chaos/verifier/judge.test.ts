import { describe, expect, it } from 'vitest'
import { judge, type JudgedTopic, type TopicRecord } from './judge.ts'

const [A, B] = ['NL00OPEN0000000001', 'NL00OPEN0000000002']

type Topics = Partial<Record<JudgedTopic, readonly TopicRecord[]>>

const record = (key: string, name: string, fields: object): TopicRecord => ({ key, name, fields: { ...fields } })

const moved = (iban: string, name: string, version: number, amount: bigint, balance: bigint, counterparty: string, transferId = 't1') =>
  record(iban, name, { command: `${transferId}-${name}`, version, amount, balance, counterparty, transferId })

const row = (iban: string, sequence: number, newBalance: bigint) => record(iban, 'TransactionRow', { sequence, newBalance })

/** One transfer of 30 from A to B, without a fault. */
const SOUND: Topics = {
  'bank-transfer-commands': [record('t1', 'MoneyTransfer', { id: 't1' })],
  'bank-transfer-events': [
    record('t1', 'TransferStarted', { version: 1, command: 't1' }),
    record('t1', 'TransferCompleted', { version: 2, command: 't1-c' }),
  ],
  'bank-account-events': [
    record(A, 'BankAccountCreated', { version: 1, command: 'a' }),
    moved(A, 'MoneyDebited', 2, 30n, -30n, B),
    record(B, 'BankAccountCreated', { version: 1, command: 'b' }),
    moved(B, 'MoneyCredited', 2, 30n, 30n, A),
  ],
  'bank-transactions': [row(A, 1, -30n), row(B, 1, 30n)],
  'bank-outcomes': [record('api', 'CommandSucceeded', { command: 't1', version: 2 })],
}

function judged(change: Topics = {}, hangingTransactions = 0, deadLetters = 0) {
  const topics = { ...SOUND, ...change }
  const transfers = [{ id: 't1', isAcknowledged: true }]
  return judge({ recordsOf: (topic) => topics[topic] ?? [], hangingTransactions, deadLetters, transfers })
}

const without = (topic: JudgedTopic, name: string): Topics => ({ [topic]: (SOUND[topic] ?? []).filter((sound) => sound.name !== name) })
const and = (topic: JudgedTopic, ...more: readonly TopicRecord[]): Topics => ({ [topic]: [...(SOUND[topic] ?? []), ...more] })

describe('The judge', () => {
  it('finds nothing in a sound bank', () => {
    expect(judged()).toEqual({ commands: 1, lost: 0, doubled: 0, booksBalanced: true, hangingTransactions: 0, faults: [] })
  })

  it('finds an acknowledged transfer that is lost', () => {
    expect(judged(without('bank-transfer-events', 'TransferCompleted'))).toMatchObject({ lost: 1 })
  })

  it('finds a step that was done twice', () => {
    const verdict = judged(and('bank-account-events', moved(B, 'MoneyCredited', 3, 30n, 60n, A)))
    expect(verdict).toMatchObject({ doubled: 1, booksBalanced: false })
    expect(verdict.faults.join()).toContain('produced two MoneyCredited events')
  })

  it('finds money that was debited and not credited', () => {
    const verdict = judged(without('bank-account-events', 'MoneyCredited'))
    expect(verdict.booksBalanced).toBe(false)
    expect(verdict.faults.join()).toContain('was completed with MoneyDebited')
  })

  it('finds money that was credited and not debited', () => {
    const more = [moved(B, 'MoneyCredited', 3, 5n, 35n, A, 't2')]
    const verdict = judged(and('bank-account-events', ...more))
    expect(verdict.booksBalanced).toBe(false)
    expect(verdict.faults.join()).toContain('transfer t2 moved money and never ended')
  })

  it('leaves money that leaves or enters the bank out of the balance of the books', () => {
    const abroad = moved(A, 'MoneyDebited', 3, 7n, -37n, 'DE02100100109307118603', 't3')
    const cash = moved(B, 'MoneyCredited', 3, 9n, 39n, 'cash', 't4')
    const ended = ['t3', 't4'].map((id) => record(id, 'TransferCompleted', { version: 1, command: id }))
    const change = { ...and('bank-account-events', abroad, cash), ...and('bank-transfer-events', ...ended) }
    expect(judged({ ...change, ...and('bank-transactions', row(A, 2, -37n), row(B, 2, 39n)) })).toMatchObject({
      booksBalanced: true,
      faults: [],
    })
  })

  it('does not count a transfer as lost if it was not acknowledged', () => {
    const topics = { ...SOUND, ...without('bank-transfer-events', 'TransferCompleted') }
    const transfers = [{ id: 't1', isAcknowledged: false }]
    expect(judge({ recordsOf: (topic) => topics[topic] ?? [], hangingTransactions: 0, deadLetters: 0, transfers }).lost).toBe(0)
  })

  it.each<[string, Topics, string]>([
    [
      'a transfer that failed and kept the money',
      {
        'bank-transfer-events': [
          record('t1', 'TransferStarted', { version: 1, command: 't1' }),
          record('t1', 'TransferFailed', { version: 2, command: 't1-c' }),
        ],
        'bank-account-events': [moved(A, 'MoneyDebited', 1, 30n, -30n, B)],
      },
      'transfer t1 failed, but moved -30 cents',
    ],
    [
      'a transfer that was returned and completed',
      and('bank-account-events', moved(A, 'MoneyReturned', 3, 30n, 0n, B)),
      'was completed with MoneyDebited, MoneyCredited, MoneyReturned',
    ],
    ['a duplicate version', and('bank-account-events', moved(B, 'MoneyReturned', 2, 0n, 30n, A)), 'has version 2 instead of 3'],
    [
      'a row with another balance',
      { 'bank-transactions': [row(A, 1, -30n), row(B, 1, 31n)] },
      `row 1 of ${B} has sequence 1 and balance 31`,
    ],
    [
      'a command with two equal events',
      and('bank-transfer-events', record('t1', 'TransferStarted', { version: 3, command: 't1' })),
      'produced two TransferStarted events',
    ],
    [
      'a missing version',
      and('bank-transfer-events', record('t1', 'TransferFailed', { version: 4, command: 'x' })),
      'version 4 instead of 3',
    ],
    [
      'a transfer that ended twice',
      and('bank-transfer-events', record('t1', 'TransferFailed', { version: 3, command: 'x' })),
      'ended 2 times',
    ],
    [
      'a balance that does not follow from the events',
      { 'bank-account-events': [moved(A, 'MoneyDebited', 1, 30n, -31n, B)] },
      'has balance -31, but its events add up to -30',
    ],
    ['a missing row', { 'bank-transactions': [row(A, 1, -30n)] }, `${B} has 0 rows for 1 changes`],
    ['a duplicate row', and('bank-transactions', row(A, 1, -30n)), `row 2 of ${A} has sequence 1`],
    ['a command without an outcome', { 'bank-outcomes': [] }, 'command t1 has no outcome'],
    [
      'a command with two different outcomes',
      and('bank-outcomes', record('api', 'CommandFailed', { command: 't1', code: 'EXPIRED' })),
      'has the outcomes CommandSucceeded 2 and CommandFailed EXPIRED',
    ],
  ])('finds %s', (_, change, fault) => {
    expect(judged(change).faults.join('\n')).toContain(fault)
  })

  it('finds dead letters', () => {
    expect(judged({}, 0, 2).faults).toEqual(['there are 2 dead letters'])
  })

  it('finds a hanging transaction', () => {
    expect(judged({}, 1).faults).toEqual(['there are 1 hanging transactions'])
  })
})
