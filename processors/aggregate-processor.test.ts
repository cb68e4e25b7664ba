import { describe, expect, it } from 'vitest'
import { Serdes, Stores, StreamsBuilder } from '../topology/index.ts'
import { TopologyTestDriver } from '../topology/testing/index.ts'
import { AggregateProcessor, type Stored } from './aggregate-processor.ts'
import type { Answer } from './answers.ts'
import type { Account } from './domain/account/account.ts'
import { decideAccount, type AccountCommand } from './domain/account/decide.ts'
import { evolveAccount, type AccountEvent } from './domain/account/evolve.ts'
import { CASH, ownIban } from './domain/iban.ts'
import type { AccountOutput, AnswerKind } from './output.ts'
import { stateSerde } from './state-serde.ts'

const IBAN = ownIban(1)
const HEAD = { deadline: Number.MAX_SAFE_INTEGER, replyTo: 'me', expectedVersion: null, iban: IBAN, username: 'anne' }
const key = Serdes.string

describe("21.4 The times of an account's events", () => {
  it('do not decrease when the clock goes back', async () => {
    let now = 5_000
    const builder = new StreamsBuilder()
    builder
      .stream('commands', { key, value: stateSerde<AccountCommand>() })
      .process<string, AccountOutput>(
        (context) =>
          new AggregateProcessor<Account, AccountCommand, AccountEvent, AnswerKind>(
            Object.create(context, { systemTime: { get: () => now } }) as typeof context,
            {
              store: 'accounts',
              decide: (account, command, time) => decideAccount(account, command, { newToken: () => '1', now: time }),
              evolve: evolveAccount,
              placed: (fact, head) => ({ ...fact, ...head }),
              answerKind: () => 'outcome',
            },
          ),
        {
          name: 'account',
          key,
          value: stateSerde<AccountOutput>(),
          stores: [
            Stores.keyValue({ name: 'accounts', key, value: stateSerde<Stored<Account>>() }),
            Stores.keyValue({ name: 'accounts-answers', key, value: stateSerde<Answer>() }),
          ],
        },
      )
      .to('events', { key, value: stateSerde<AccountOutput>() })
    const driver = await TopologyTestDriver.open(builder.build())
    const credit = (id: string): object => ({
      ...HEAD,
      type: 'CreditMoney',
      id,
      transferId: id,
      amount: 5n,
      counterparty: CASH,
      description: 'd',
      token: '1',
    })
    const input = driver.input('commands')
    await input.pipe(IBAN, { ...HEAD, type: 'CreateBankAccount', id: 'c' }, 1)
    for (const time of [4_000, 6_000, 5_999, 7_000]) {
      now = time
      await input.pipe(IBAN, credit(String(time)), 1)
    }
    const times: number[] = []
    for (const { value } of await driver.output('events').read()) {
      const { kind, record } = value as AccountOutput
      if (kind === 'event') times.push(record.time)
    }
    expect(times).toEqual([5_000, 5_000, 6_000, 6_000, 7_000])
    await driver.close()
  })
})
