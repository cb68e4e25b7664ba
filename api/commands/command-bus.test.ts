import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordBatchBuilder, type Broker } from '../../topology/index.ts'
import { manualPorts, memoryBroker, type ManualPorts } from '../../topology/testing/index.ts'
import type { BankCommand, CommandFormat, Outcome } from '../ports/bank-messages.ts'
import { CommandBus, type CommandAnswer } from './command-bus.ts'

const format: CommandFormat = {
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

const order = (id: string): Promise<CommandAnswer> => bus.send({ type: 'CreateBankAccount', id, iban: 'an iban', username: 'somebody' })

/** What the bank has been asked so far. */
async function asked(): Promise<readonly BankCommand[]> {
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
  it('sends a command with a deadline and its own address, and gives its outcome to who waits', async () => {
    const waiting = order('one')
    const [command] = await asked()
    expect(command).toMatchObject({ id: 'one', expectedVersion: null, deadline: ports.clock.now() + 30_000 })
    await answer(command?.replyTo ?? '', succeeded('one'))
    expect(await waiting).toEqual(succeeded('one'))
    expect(bus.metrics()).toMatchObject({ sent: 1, succeeded: 1, failed: 0, pending: 0 })
  })

  it('never tells a time-out as a failure (time-out told as failure)', async () => {
    const waiting = order('slow')
    const [command] = await asked()
    await ports.advance(5_000)
    expect(await waiting).toEqual({ type: 'pending' })
    await answer(command?.replyTo ?? '', succeeded('slow'))
    const again = order('slow')
    await asked()
    await answer(command?.replyTo ?? '', succeeded('slow'))
    expect(await again).toEqual(succeeded('slow'))
    expect(bus.metrics()).toMatchObject({ pending: 1, failed: 0, succeeded: 1 })
  })

  it('tells everybody who sent the same command', async () => {
    const waiting = [order('same'), order('same')]
    const [command] = await asked()
    await answer(command?.replyTo ?? '', { type: 'CommandFailed', command: 'same', code: 'c', reason: 'r' })
    expect(await Promise.all(waiting)).toMatchObject([{ reason: 'r' }, { reason: 'r' }])
  })

  it('hears no outcome that is for somebody else, nor one that nobody can read', async () => {
    const waiting = order('mine')
    const [command] = await asked()
    await answer('api-of-somebody-else', succeeded('mine'))
    await answer(command?.replyTo ?? '', 'no outcome at all')
    expect(bus.metrics().succeeded).toBe(0)
    await answer(command?.replyTo ?? '', succeeded('mine'))
    expect(await waiting).toEqual(succeeded('mine'))
  })

  it('leaves nobody waiting when it is closed', async () => {
    const waiting = order('late')
    await asked()
    await bus.close()
    expect(await waiting).toEqual({ type: 'pending' })
  })
})
