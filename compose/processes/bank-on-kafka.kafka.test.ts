import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { bankSubjects } from '../../processors/index.ts'
import { ConfluentRegistry } from '../../schemas/index.ts'
import { KafkaBroker, systemPorts, type Broker } from '../../topology/index.ts'
import { Clients } from '../chaos/clients.ts'
import { Fleet } from '../chaos/fleet.ts'
import { verify } from '../chaos/verifier/verify.ts'
import { BankClient } from '../kills/bank-client.ts'
import { Synchroniser } from '../topics/synchroniser.ts'
import { silentLogger } from '../../topology/testing/index.ts'

const PARTITIONS = 2
const TASKS = 6 * PARTITIONS
const STABLE_TIMEOUT_MS = 60_000
const DEPOSIT = 'mutation ($id: ID!, $to: String!, $amount: Cents!) { deposit(id: $id, to: $to, amount: $amount) { pending reason } }'

let directory: string
let broker: Broker
let fleet: Fleet

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-processes-'))
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports: systemPorts(silentLogger) })
  fleet = new Fleet({ kafka: inject('kafka'), registry: inject('registry'), directory })
}, STABLE_TIMEOUT_MS)

afterAll(async () => {
  await fleet.kill()
  const names = (await broker.admin.describeTopics()).map(({ name }) => name)
  await broker.admin.deleteTopics(names.filter((name) => name.startsWith('bank-')))
  await broker.close()
  await rm(directory, { recursive: true, force: true })
}, STABLE_TIMEOUT_MS)

/** The tests build on each other. */
describe.sequential('A bank in several processes', () => {
  let urls: readonly [string, string]

  it('refuses to start on a cluster that lacks its topics', async () => {
    await expect(fleet.start('too-early')).rejects.toThrow(/Source topics are missing: .*bank-user-commands/)
  })

  it(
    'spreads its tasks over its processors',
    async () => {
      const synchroniser = new Synchroniser({
        broker,
        registry: new ConfluentRegistry({ url: inject('registry') }),
        subjectsOf: bankSubjects('record'),
        partitions: PARTITIONS,
        replication: 1,
        prune: false,
        addPartitions: false,
      })
      expect((await synchroniser.apply(await synchroniser.plan())).matches).toBe(true)
      fleet = new Fleet({ kafka: inject('kafka'), registry: inject('registry'), directory })
      await Promise.all(['one', 'two'].map((name) => fleet.start(name)))
      await fleet.idle(TASKS, STABLE_TIMEOUT_MS)
      for (const name of ['one', 'two'])
        await expect.poll(async () => (await fleet.status(name))?.tasks.length, { timeout: STABLE_TIMEOUT_MS }).toBe(TASKS / 2)
    },
    STABLE_TIMEOUT_MS,
  )

  it('allows only one process per instance id and state directory', async () => {
    const second = new Fleet({ kafka: inject('kafka'), registry: inject('registry'), directory })
    await expect(second.start('one')).rejects.toThrow(/Another process is using .*: stop it, or choose another data directory/)
  })

  it(
    'gives the same answer from every API, whichever processor owns the account',
    async () => {
      urls = [await fleet.startApi(), await fleet.startApi()]
      const clients = await Promise.all(urls.flatMap((url) => [url, url]).map((url, at) => signedUp(url, `username-${at}`)))
      for (const { client, iban } of clients) {
        const answer = await client.ask<{ deposit: object }>(DEPOSIT, { id: randomUUID(), to: iban, amount: '500' })
        expect(answer.deposit).toEqual({ pending: false, reason: null })
      }
      for (const { client, iban } of clients) {
        await expect
          .poll(async () => (await client.ask<Account>('query ($iban: String!) { account(iban: $iban) { balance } }', { iban })).account)
          .toEqual({ balance: '500' })
      }
    },
    STABLE_TIMEOUT_MS,
  )

  it(
    '21.2 is ready while each task runs on a living processor, and says what is wrong while one is gone',
    async () => {
      const ready = async (): Promise<unknown> => (await fetch(`${urls[0]}/ready`)).json()
      await expect.poll(ready, { timeout: STABLE_TIMEOUT_MS }).toEqual({ ready: true, reasons: [] })
      await fleet.process('one').kill()
      await expect.poll(async () => (await fetch(`${urls[1]}/ready`)).status, { timeout: STABLE_TIMEOUT_MS }).toBe(503)
      expect((await fetch(`${urls[1]}/health`)).status).toBe(200)
      await fleet.start('one')
      await expect.poll(ready, { timeout: STABLE_TIMEOUT_MS }).toEqual({ ready: true, reasons: [] })
      await fleet.idle(TASKS, STABLE_TIMEOUT_MS)
    },
    2 * STABLE_TIMEOUT_MS,
  )

  it(
    'keeps working while a processor is killed, another stops cleanly, and a third joins',
    async () => {
      const clients = await Clients.open({ url: urls[0], partitions: PARTITIONS })
      clients.start()
      const more = async (): Promise<void> => {
        const before = clients.acknowledged
        await expect.poll(() => clients.acknowledged, { timeout: STABLE_TIMEOUT_MS }).toBeGreaterThan(before + 10)
      }
      await more()
      await fleet.process('one').kill()
      await fleet.start('one')
      await more()
      await fleet.start('three')
      await fleet.process('two').stop()
      await more()
      await clients.stop()
      await fleet.start('two')
      await fleet.idle(TASKS, STABLE_TIMEOUT_MS)
      const verdict = await verify({ kafka: inject('kafka')[0] ?? '', registry: inject('registry'), transfers: clients.orders })
      expect(verdict).toMatchObject({ lost: 0, doubled: 0, booksBalanced: true, faults: [] })
      expect(verdict.commands).toBeGreaterThan(30)
      expect([fleet.wipes, fleet.errors]).toEqual([0, 0])
    },
    3 * STABLE_TIMEOUT_MS,
  )

  it(
    'stops cleanly',
    async () => {
      await fleet.stop()
      expect(await broker.groups.assignments('bank')).toEqual(new Map())
    },
    STABLE_TIMEOUT_MS,
  )
})

interface Account {
  readonly account: { readonly balance: string } | null
}

async function signedUp(url: string, username: string): Promise<{ readonly client: BankClient; readonly iban: string }> {
  const client = new BankClient(url, username)
  await client.signIn()
  return { client, iban: await client.openAccount(randomUUID()) }
}
