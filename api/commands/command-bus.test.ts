import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BankCommand, CommandFormat } from '../../processors/index.ts'
import type { Outcome } from '../../schemas/index.ts'
import { createRecordBatchBuilder, type Broker } from '../../topology/index.ts'
import { manualPorts, memoryBroker, type ManualPorts } from '../../topology/testing/index.ts'
import { CommandBus, type CommandAnswer } from './command-bus.ts'

const format: CommandFormat = {
  commandTopics: ['commands'],
  outcomesTopic: 'outcomes',
  encode: (command) => ({ topic: 'commands', key: Buffer.from(command.id), value: Buffer.from(JSON.stringify(command)) }),
  decodeOutcome: (value) => JSON.parse(Buffer.from(value).toString()) as Outcome,
}

let ports: ManualPorts
let broker: Broker
let bus: CommandBus

beforeEach(async () => {
  ports = manualPorts()
  broker = await memoryBroker(ports)
  await broker.admin.createTopics([
    { name: 'commands', partitions: 2 },
    { name: 'outcomes', partitions: 8 },
  ])
  bus = await CommandBus.open({ broker, ports, format })
})

afterEach(async () => {
  await bus.close()
  await broker.close()
})

const openAccount = (id: string): Promise<CommandAnswer> =>
  bus.send({ type: 'CreateBankAccount', id, iban: 'an iban', username: 'a client' })

/** The commands sent so far. */
async function sentCommands(): Promise<readonly BankCommand[]> {
  await ports.advance(0)
  const fetcher = broker.openFetcher()
  const commands: BankCommand[] = []
  for (const partition of [0, 1]) {
    for (const { batches } of await fetcher.fetch([{ topic: 'commands', partition, offset: 0 }], { maxWaitMs: 0 }))
      for (const batch of batches) while (batch.next()) commands.push(JSON.parse(Buffer.from(batch.value ?? []).toString()) as BankCommand)
  }
  await fetcher.close()
  return commands
}

async function answer(key: string, value: object | string): Promise<void> {
  const producer = await broker.openProducer({})
  const batch = createRecordBatchBuilder()
  batch.append(Buffer.from(key), Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 0)
  for (let partition = 0; partition < 8; partition++) await producer.send('outcomes', partition, batch)
  await producer.commit()
  await ports.advance(0)
}

const succeeded = (command: string): Outcome => ({ type: 'CommandSucceeded', command, version: 1, token: null })

describe('The command bus', () => {
  it('sends a command with a deadline and its reply address, and resolves with the outcome', async () => {
    const waiting = openAccount('one')
    const [command] = await sentCommands()
    expect(command).toMatchObject({ id: 'one', expectedVersion: null, deadline: ports.clock.now() + 30_000 })
    await answer(command?.replyTo ?? '', succeeded('one'))
    expect(await waiting).toEqual(succeeded('one'))
    expect(bus.metrics()).toMatchObject({ sent: 1, succeeded: 1, failed: 0, pending: 0 })
  })

  it('answers a time-out as pending, never as a failure (time-out reported as failure)', async () => {
    const waiting = openAccount('slow')
    const [command] = await sentCommands()
    await ports.advance(5_000)
    expect(await waiting).toEqual({ type: 'pending' })
    await answer(command?.replyTo ?? '', succeeded('slow'))
    const again = openAccount('slow')
    await sentCommands()
    await answer(command?.replyTo ?? '', succeeded('slow'))
    expect(await again).toEqual(succeeded('slow'))
    expect(bus.metrics()).toMatchObject({ pending: 1, failed: 0, succeeded: 1 })
  })

  it('gives an outcome to every caller that sent the same command', async () => {
    const waiting = [openAccount('same'), openAccount('same')]
    const [command] = await sentCommands()
    await answer(command?.replyTo ?? '', { type: 'CommandFailed', command: 'same', code: 'c', reason: 'r' })
    expect(await Promise.all(waiting)).toMatchObject([{ reason: 'r' }, { reason: 'r' }])
  })

  it('ignores outcomes for other reply addresses and outcomes that cannot be decoded', async () => {
    const waiting = openAccount('mine')
    const [command] = await sentCommands()
    await answer('api-of-another-process', succeeded('mine'))
    await answer(command?.replyTo ?? '', 'no outcome at all')
    expect(bus.metrics().succeeded).toBe(0)
    await answer(command?.replyTo ?? '', succeeded('mine'))
    expect(await waiting).toEqual(succeeded('mine'))
  })

  it('answers commands without an outcome as pending when it is closed', async () => {
    const waiting = openAccount('late')
    await sentCommands()
    await bus.close()
    expect(await waiting).toEqual({ type: 'pending' })
  })
})
