/** `npm run topics -- plan|apply [--prune] [--json] …`: brings a cluster's topics and schemas to what the bank declares. */
import { Argument, Command, InvalidArgumentError } from 'commander'
import { IncompatibleSchemaError, RegistryUnreachableError } from '../../schemas/index.ts'
import { BrokerError, RetriableBrokerError, systemPorts, type Broker } from '../../topology/index.ts'
import { ConfigurationError } from '../configuration.ts'
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

const BROKERS_MS = 60_000
const BROKERS_EVERY_MS = 200

const program = new Command('topics')
  .description('plan: says what is otherwise than declared, and changes nothing. apply: puts it right. Exit code 0: all is as declared.')
  .addArgument(new Argument('<what>').choices(['plan', 'apply']))
  .option('--kafka <addresses>', 'host:port of some brokers, with commas between (default localhost:9092)')
  .option('--registry <url>', 'of the schema registry (default: the one of "npm run kafka")')
  .option('--partitions <number>', 'of each topic of the bank', positive, 4)
  .option('--replication <number>', 'how many brokers have each topic; never more than there are', positive, 3)
  .option('--brokers <number>', 'wait until there are so many brokers', positive)
  .option('--add-partitions', 'give topics without keys the partitions they lack')
  .option('--prune', 'delete topics of the bank’s prefix that nobody declares')
  .option('--json', 'one line of JSON')
  .parse()

const flags = program.opts<Flags>()
try {
  const connection = readConnection(flags)
  const broker = await connectToKafka(connection, systemPorts(createLogger('error')), 'bob-topics')
  try {
    if (flags.brokers !== undefined) await untilThereAre(flags.brokers, broker)
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
    const left = isApplied ? await synchroniser.apply(planned) : planned
    if (flags.json) print([JSON.stringify(isApplied ? { ...left, done: { topics: planned.topics, schemas: planned.schemas } } : left)])
    else if (isApplied) print(left.matches ? ['Done: topics and schemas are as declared.'] : ['Left over:', ...linesOf(left)])
    process.exitCode = left.matches ? 0 : 1
  } finally {
    await broker.close()
  }
} catch (error) {
  if (!isExpected(error)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

/** Topics that are made too early have too few replicas. Throws `RetriableBrokerError` when it takes too long. */
async function untilThereAre(wanted: number, { admin }: Broker): Promise<void> {
  const giveUpAt = performance.now() + BROKERS_MS
  for (let count = await admin.brokerCount(); count < wanted; count = await admin.brokerCount()) {
    if (performance.now() > giveUpAt) throw new RetriableBrokerError(`${count} of ${wanted} brokers are there after ${BROKERS_MS} ms.`)
    await new Promise((resolve) => setTimeout(resolve, BROKERS_EVERY_MS))
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
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number above 0 is expected.')
  return number
}
