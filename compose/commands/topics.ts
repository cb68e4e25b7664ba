/**
 * `npm run topics -- plan|apply [--prune] [--json] …`: compares a cluster's topics and schemas with those the bank declares, and applies
 * the difference.
 */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { IncompatibleSchemaError, RegistryUnreachableError } from '../../schemas/index.ts'
import { BrokerError, RetriableBrokerError, systemPorts, type Broker } from '../../topology/index.ts'
import { ConfigurationError } from '../configuration-error.ts'
import { connectToKafka, connectToRegistry, readConnection, subjectsOf, type ConnectionFlags } from '../connection.ts'
import { createLogger } from '../logger.ts'
import { linesOf } from '../topics/difference-text.ts'
import { Synchroniser } from '../topics/synchroniser.ts'

interface Flags extends ConnectionFlags {
  readonly partitions: number
  readonly replication: number
  readonly brokers?: number
  readonly addPartitions?: boolean
  readonly prune?: boolean
  readonly json?: boolean
}

const BROKERS_TIMEOUT_MS = 60_000
const BROKERS_POLL_MS = 200

const program = new Command('topics')
  .description('plan: print what differs from the declaration; change nothing. apply: make the changes. Exit code 0: nothing differs.')
  .addArgument(new Argument('<what>').choices(['plan', 'apply']))
  .option('--kafka <addresses>', 'bootstrap brokers as host:port, comma-separated (default localhost:9092)')
  .option('--registry <url>', 'URL of the schema registry (default: the one of "npm run kafka")')
  .option('--partitions <number>', 'partitions of each of the bank’s topics', positive, 4)
  .option('--replication <number>', 'replication factor, capped at the number of brokers', positive, 3)
  .option('--brokers <number>', 'wait until the cluster has this many brokers', positive)
  .option('--add-partitions', 'add missing partitions to topics whose records have no keys')
  .option('--prune', 'delete undeclared topics that have the bank’s prefix')
  .option('--json', 'print one line of JSON')
  .parse()

const flags = program.opts<Flags>()
try {
  const connection = readConnection(flags)
  const broker = await connectToKafka(connection, systemPorts(createLogger('error')), 'bob-topics')
  try {
    if (flags.brokers !== undefined) await waitForBrokers(flags.brokers, broker)
    const synchroniser = new Synchroniser({
      broker,
      registry: connectToRegistry(connection),
      subjectsOf: subjectsOf(connection),
      partitions: flags.partitions,
      replication: flags.replication,
      prune: flags.prune ?? false,
      addPartitions: flags.addPartitions ?? false,
    })
    const planned = await synchroniser.plan()
    const isApplied = program.args[0] === 'apply' && !planned.matches
    if (!flags.json) print(linesOf(planned))
    const remaining = isApplied ? await synchroniser.apply(planned) : planned
    if (flags.json)
      print([JSON.stringify(isApplied ? { ...remaining, done: { topics: planned.topics, schemas: planned.schemas } } : remaining)])
    else if (isApplied)
      print(remaining.matches ? ['Done: topics and schemas match the declaration.'] : ['Still different:', ...linesOf(remaining)])
    process.exitCode = remaining.matches ? 0 : 1
  } finally {
    await broker.close()
  }
} catch (error) {
  if (!isExpected(error)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

/** A topic gets at most one replica per registered broker, so none is created before all are up. Throws `RetriableBrokerError` on timeout. */
async function waitForBrokers(expected: number, { admin }: Broker): Promise<void> {
  const deadline = performance.now() + BROKERS_TIMEOUT_MS
  for (let count = await admin.brokerCount(); count < expected; count = await admin.brokerCount()) {
    if (performance.now() > deadline)
      throw new RetriableBrokerError(
        `Only ${count} of ${expected} brokers are up after ${BROKERS_TIMEOUT_MS} ms: start the others, or lower --brokers.`,
      )
    await new Promise((resolve) => setTimeout(resolve, BROKERS_POLL_MS))
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

function isExpected(error: unknown): error is Error {
  return [BrokerError, ConfigurationError, IncompatibleSchemaError, RegistryUnreachableError].some((kind) => error instanceof kind)
}

function positive(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number above 0.')
  return number
}
