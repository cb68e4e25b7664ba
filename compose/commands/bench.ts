/** `npm run bench -- count|join|restore|transfers [--broker embedded] [--records N] [--keys N] [--rate N]`: one line of JSON. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { measureLevelCeilings } from '../../state/testing/index.ts'
import { benchCount } from '../bench/count.ts'
import { benchJoin } from '../bench/join.ts'
import { benchRestore } from '../bench/restore.ts'
import { benchTransfers } from '../bench/transfers.ts'

interface Options {
  readonly broker: string
  readonly records: number
  readonly keys: number
  readonly rate: number
}

const workloads = {
  count: ({ records, keys }: Options) => benchCount(records, keys),
  join: ({ records }: Options) => benchJoin(records),
  restore: ({ records }: Options) => benchRestore(records),
  transfers: ({ rate }: Options) => benchTransfers(10 * rate, rate),
}

const program = new Command('bench')
  .addArgument(new Argument('<workload>').choices(Object.keys(workloads)))
  .addOption(new Option('--broker <name>', 'where the topics are').choices(['embedded']).default('embedded'))
  .option('--records <number>', 'how many records go in', wholeNumber, 1_000_000)
  .option('--keys <number>', 'how many keys they have', wholeNumber, 100_000)
  .option('--rate <number>', 'transfers sent per second, for ten seconds', wholeNumber, 1_000)
  .parse()

const [workload] = program.processedArgs as [keyof typeof workloads]
const options = program.opts<Options>()
const measured = await workloads[workload](options)
const ceilings = await measureLevelCeilings(() => performance.now() / 1000)
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(
  `${JSON.stringify({ workload, broker: options.broker, guarantee: 'exactly_once', ...measured, rssMb, ...ceilings })}\n`,
)

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('a whole number above 0 is expected.')
  return number
}
