import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryTaskStorages, systemPorts, type TaskStorages } from '../../topology/index.ts'
import { override } from '../../topology/testing/index.ts'
import type { ApiClient } from '../testing/api-client.ts'
import { BankApi } from '../testing/bank-api.ts'

const SLOW_MS = 80
const ACCOUNTS = '{ myAccounts { iban owners balance alertSettings { balanceBelow counterpartyNew } } }'
const SIGN_IN = 'mutation ($u: String!) { signIn(username: $u, password: "a good password") { reason } }'

interface Account {
  readonly iban: string
  readonly owners: readonly string[]
  readonly balance: string
  readonly alertSettings: { readonly balanceBelow: string | null; readonly counterpartyNew: boolean } | null
}

/** Storages whose committed rows become readable only after a delay. */
function slowStorages(): TaskStorages {
  const { timers } = systemPorts()
  const storages = memoryTaskStorages()
  return override(storages, {
    open: async (task) => {
      const storage = await storages.open(task)
      return override(storage, {
        batch: () => {
          const batch = storage.batch()
          const write: typeof batch.write = async (options) => {
            await timers.sleep(SLOW_MS)
            await batch.write(options)
          }
          return override(batch, { write })
        },
      })
    },
  })
}

async function succeeds(client: ApiClient, mutation: string, variables: Readonly<Record<string, unknown>>): Promise<void> {
  const { data, errors } = await client.ask<{ done: { succeeded: boolean } }>(mutation, variables)
  expect([data?.done, errors]).toEqual([{ succeeded: true }, undefined])
}

const accountsOf = async (client: ApiClient): Promise<readonly Account[] | undefined> =>
  (await client.ask<{ myAccounts: readonly Account[] }>(ACCOUNTS)).data?.myAccounts

describe('A client whose mutation succeeded', () => {
  let bank: BankApi

  beforeAll(async () => {
    bank = await BankApi.open('development', [], slowStorages())
  })

  afterAll(() => bank.close())

  it('reads its effect at once, even when the storages are slow', async () => {
    const [first, second] = [await bank.client('first owner'), await bank.client('second owner')]
    expect(await bank.stranger().ask(SIGN_IN, { u: 'second owner' })).toEqual({ data: { signIn: { reason: null } } })

    const iban = await first.openAccount()
    await first.deposit(iban, 5_000)
    expect(await accountsOf(first)).toMatchObject([{ iban, owners: ['first owner'], balance: '5000' }])

    const add = 'mutation ($iban: String!, $u: String!) { done: addOwner(iban: $iban, username: $u) { succeeded } }'
    await succeeds(first, add, { iban, u: 'second owner' })
    expect(await accountsOf(second)).toMatchObject([{ iban, owners: ['first owner', 'second owner'] }])

    const update =
      'mutation ($iban: String!, $s: AlertSettingsInput!) { done: updateAlertSettings(iban: $iban, settings: $s) { succeeded } }'
    await succeeds(second, update, { iban, s: { balanceBelow: '700', counterpartyNew: true } })
    expect(await accountsOf(first)).toMatchObject([{ alertSettings: { balanceBelow: '700', counterpartyNew: true } }])

    const remove = 'mutation ($iban: String!) { done: removeOwner(iban: $iban) { succeeded } }'
    await succeeds(first, remove, { iban })
    expect(await accountsOf(first)).toEqual([])
    expect(await accountsOf(second)).toMatchObject([{ owners: ['second owner'] }])
  })
})
