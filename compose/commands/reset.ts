/**
 * `npm run reset -- [--dry-run] [--data DIR]`: deletes what the bank of `npm start` keeps, so that the next start begins anew.
 * With `--kafka host:port,…`: deletes the topics of a bank on Kafka.
 */
import { Command } from 'commander'
import { BrokerError, systemPorts } from '../../topology/index.ts'
import { ConfigurationError, readConfiguration } from '../configuration.ts'
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
  .description('Deletes what a bank keeps, so that the next start begins anew.')
  .option('--dry-run', 'only say what would be deleted')
  .option('--data <directory>', 'where the bank of "npm start" keeps its data')
  .option('--kafka <addresses>', 'host:port of some brokers: delete the topics of the bank there instead')
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
    const has = await DataDirectory.holdsBank(dataDirectory)
    return write(has ? `The bank in ${dataDirectory} would be deleted.` : `There is no bank in ${dataDirectory}.`)
  }
  const had = await DataDirectory.reset(dataDirectory)
  write(had ? `The bank in ${dataDirectory} is gone.` : `There is no bank in ${dataDirectory}.`)
}

/** Processors' local state need not be deleted: it is not used with topics that were made anew. */
async function resetKafka({ dryRun, ...rest }: Flags): Promise<void> {
  const broker = await connectToKafka(readConnection(rest), systemPorts(createLogger('error')), 'bob-reset')
  try {
    const topics = await bankTopicsIn(broker)
    if (!dryRun) await resetCluster(broker, topics)
    for (const topic of topics) write(`- ${topic}`)
    write(
      dryRun ? `${topics.length} topics would be deleted.` : `${topics.length} topics are gone; "npm run topics -- apply" makes new ones.`,
    )
  } finally {
    await broker.close()
  }
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}
