/**
 * `npm run reset -- [--dry-run] [--data DIR]`: deletes the data of `npm start`, so that the next start begins with an empty bank.
 * With `--kafka host:port,…`: deletes the topics of a bank on Kafka.
 */
import { Command } from 'commander'
import { BrokerError, systemPorts } from '../../topology/index.ts'
import { readConfiguration } from '../configuration.ts'
import { ConfigurationError } from '../configuration-error.ts'
import { connectToKafka, readConnection } from '../connection.ts'
import { DataDirectory, DataDirectoryError } from '../embedded/data-directory.ts'
import { createLogger } from '../logger.ts'
import { BankInUseError, bankTopicsIn, resetCluster } from '../topics/cluster-reset.ts'

interface Flags {
  readonly data?: string
  readonly kafka?: string
  readonly dryRun?: boolean
}

const flags = new Command('reset')
  .description('Deletes the data of a bank, so that the next start begins with an empty one.')
  .option('--dry-run', 'only print what would be deleted')
  .option('--data <directory>', 'data directory of "npm start" (default data/bank)')
  .option('--kafka <addresses>', 'delete the bank’s topics on this cluster instead; bootstrap brokers as host:port, comma-separated')
  .parse()
  .opts<Flags>()

try {
  await (flags.kafka === undefined ? resetDirectory(flags) : resetKafka(flags))
} catch (error) {
  const kinds = [BankInUseError, BrokerError, ConfigurationError, DataDirectoryError]
  if (!(error instanceof Error) || !kinds.some((kind) => error instanceof kind)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}

async function resetDirectory({ dryRun, ...rest }: Flags): Promise<void> {
  const { dataDirectory } = readConfiguration(rest)
  if (dryRun) {
    const holdsBank = await DataDirectory.holdsBank(dataDirectory)
    return write(holdsBank ? `The bank in ${dataDirectory} would be deleted.` : `There is no bank in ${dataDirectory}.`)
  }
  const wasDeleted = await DataDirectory.reset(dataDirectory)
  write(wasDeleted ? `Deleted the bank in ${dataDirectory}.` : `There is no bank in ${dataDirectory}.`)
}

/** Leaves the processors' local state: a store whose changelog topic was created again discards its old rows. */
async function resetKafka({ dryRun, ...rest }: Flags): Promise<void> {
  const broker = await connectToKafka(readConnection(rest), systemPorts(createLogger('error')), 'bob-reset')
  try {
    const topics = await bankTopicsIn(broker)
    if (!dryRun) await resetCluster(broker, topics)
    for (const topic of topics) write(`- ${topic}`)
    write(
      dryRun
        ? `${topics.length} topics would be deleted.`
        : `Deleted ${topics.length} topics. Create new ones with "npm run topics -- apply".`,
    )
  } finally {
    await broker.close()
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}
