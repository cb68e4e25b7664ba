/**
 * `npm run bench -- count|join|restore|transfers|latency|recover [--broker kafka] [--guarantee at_least_once] [--records N] [--keys N]
 * [--compression CODEC] [--rate N]`: runs one workload and prints its figures as a line of JSON.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { measureLevelCeilings } from '../../state/testing/index.ts'
import { benchCount } from '../bench/count.ts'
import { benchJoin } from '../bench/join.ts'
import { benchLatency } from '../bench/latency.ts'
import { benchRecover, runWorker } from '../bench/recover.ts'
import { benchRestore } from '../bench/restore.ts'
import { benchTransfers } from '../bench/transfers.ts'
import { openWorkplace, type Conditions, type Workplace } from '../bench/workplace.ts'
import { measureBareLoop } from '../../topology/testing/index.ts'

interface Options extends Conditions {
  readonly records: number
  readonly keys: number
  readonly rate?: number
  readonly worker?: string
  readonly kafka?: string
}

const workloads = {
  count: (workplace: Workplace, { records, keys }: Options) => benchCount(workplace, records, keys),
  join: (workplace: Workplace, { records }: Options) => benchJoin(workplace, records),
  recover: (workplace: Workplace, { records }: Options) => benchRecover(workplace, records),
  restore: (workplace: Workplace, { records }: Options) => benchRestore(workplace, records),
  transfers: (workplace: Workplace, { rate }: Options) => benchTransfers(workplace, 10 * (rate ?? 2_000), rate),
  latency: (workplace: Workplace, { rate = 100 }: Options) => benchLatency(workplace, 20 * rate, rate),
}

const program = new Command('bench')
  .addArgument(new Argument('<workload>').choices(Object.keys(workloads)))
  .addOption(new Option('--broker <name>', 'broker that holds the topics').choices(['embedded', 'kafka']).default('embedded'))
  .addOption(new Option('--guarantee <name>', 'processing guarantee').choices(['exactly_once', 'at_least_once']).default('exactly_once'))
  .addOption(
    new Option('--compression <codec>', "of all that the application writes (default: the application's own)").choices([
      'none',
      'gzip',
      'snappy',
      'lz4',
      'zstd',
    ]),
  )
  .option('--records <number>', 'number of input records', wholeNumber, 1_000_000)
  .option('--keys <number>', 'number of distinct keys', wholeNumber, 100_000)
  .option(
    '--rate <number>',
    'records (default 100) or transfers sent per second (default for transfers: 400 in flight, each outcome makes room for the next)',
    wholeNumber,
  )
  .addOption(new Option('--worker <directory>', 'run as the process that "recover" kills').hideHelp())
  .addOption(new Option('--kafka <addresses>', 'bootstrap brokers of that process').hideHelp())
  .parse()

const [workload] = program.processedArgs as [keyof typeof workloads]
const options = program.opts<Options>()
if (options.worker !== undefined) await runWorker((options.kafka ?? '').split(','), options.worker)
const workplace = await openWorkplace(options)
let measured: object
try {
  const bare = workload === 'count' && options.broker === 'kafka' ? await measureBareLoop(workplace.addresses) : {}
  measured = { ...(await workloads[workload](workplace, options)), ...bare }
} finally {
  await workplace.close()
}
const ceilings = await measureLevelCeilings(() => performance.now() / 1000)
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024)
const { broker, guarantee, compression } = options
process.stdout.write(`${JSON.stringify({ workload, broker, guarantee, compression, ...measured, rssMb, ...ceilings })}\n`)

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('expected a whole number above 0.')
  return number
}
