import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigurationError } from '../configuration.ts'
import { parseCrashPlan, type CrashPlan } from './crash-points.ts'
import { readConnection, type Connection, type ConnectionFlags } from '../connection.ts'

/** What every process of a bank on Kafka is started with. */
interface ProcessConfiguration {
  readonly connection: Connection
  readonly mode: 'development' | 'production'
  readonly logLevel: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** What processes show each other. */
  readonly secret: string
}

export interface ProcessorConfiguration extends ProcessConfiguration {
  /** Below it each instance has a directory of its own. */
  readonly dataDirectory: string
  /** By a name that outlives a restart; undefined: the first on this machine that nobody uses. */
  readonly instance: string | undefined
  /** Whoever shares a data directory shares it; the instances there are told apart by number. */
  readonly machine: string
  /** Where other processes reach this one; undefined: host and port, by the machine's name when it listens everywhere. */
  readonly advertised: string | undefined
  /** Copies of each task's state on other instances; the same for all processors. */
  readonly standbys: number
  /** For tests: where it ends itself. */
  readonly crash: CrashPlan | undefined
}

export interface ApiConfiguration extends ProcessConfiguration {
  readonly employee: { readonly username: string; readonly password: string }
  /** Names that browsers reach it by, behind a proxy. */
  readonly hosts: readonly string[]
  /** Addresses and networks of proxies that say where a request comes from. */
  readonly proxies: readonly string[]
}

export interface ProcessFlags extends ConnectionFlags {
  readonly port?: string
  readonly data?: string
  readonly instance?: string
  readonly standbys?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const MADE_UP_SECRET = 'a secret for this machine alone'
const NETWORK = /^(loopback|linklocal|uniquelocal|[0-9a-fA-F.:]+(\/\d{1,3})?)$/
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/

const common = z.object({
  mode: z.enum(['development', 'production'], 'the mode is development or production'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'the log level is debug, info, warn, error or silent'),
  host: z.string().min(1, 'the host needs a name'),
  port: z.coerce.number('the port is a number').int('the port is a whole number').min(0).max(65_535, 'ports go up to 65535'),
  secret: z.string().min(16, 'BOB_SECRET has at least 16 characters'),
})

const processor = common.extend({
  dataDirectory: z.string().min(1, 'the data directory needs a name'),
  instance: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'an instance’s name has letters, digits, dots and dashes')
    .optional(),
  standbys: z.coerce
    .number('the number of standbys is a number')
    .int('the number of standbys is whole')
    .min(0)
    .max(10, 'more than 10 standbys help nobody'),
  advertised: z.url('BOB_ADVERTISE is a URL, like http://processor-1:8282').optional(),
})

const api = common.extend({
  employee: z.object({
    username: z.string().min(8, 'the employee’s name has at least 8 characters'),
    password: z.string().min(8, 'the employee’s password has at least 8 characters'),
  }),
  hosts: z.array(z.string().min(1)),
  proxies: z.array(
    z.string().regex(NETWORK, 'BOB_PROXIES has addresses, networks, or loopback, linklocal, uniquelocal, with commas between'),
  ),
})

/** Flags come before the environment, the environment before the defaults. Throws `ConfigurationError`. */
export function readProcessor(flags: ProcessFlags, environment: Environment = process.env): ProcessorConfiguration {
  const parsed = checked(processor, {
    ...commonOf(flags, environment, 0),
    dataDirectory: flags.data ?? environment.BOB_DATA ?? join('data', 'processors'),
    instance: flags.instance ?? environment.BOB_INSTANCE,
    advertised: environment.BOB_ADVERTISE,
    standbys: flags.standbys ?? environment.BOB_STANDBYS ?? 0,
  })
  const { instance, advertised, ...rest } = parsed
  const crash = environment.BOB_CRASH_AT === undefined ? undefined : parseCrashPlan(environment.BOB_CRASH_AT)
  return {
    ...rest,
    instance,
    advertised,
    crash,
    machine: environment.BOB_MACHINE ?? hostname(),
    connection: readConnection(flags, environment),
  }
}

/** Flags come before the environment, the environment before the defaults. Throws `ConfigurationError`. */
export function readApi(flags: ProcessFlags, environment: Environment = process.env): ApiConfiguration {
  const parsed = checked(api, {
    ...commonOf(flags, environment, 8181),
    employee: {
      username: environment.BOB_EMPLOYEE ?? 'employee',
      password: environment.BOB_EMPLOYEE_PASSWORD ?? 'open-sesame',
    },
    hosts: (environment.BOB_HOSTS ?? '').split(',').filter((host) => host !== ''),
    proxies: (environment.BOB_PROXIES ?? '').split(',').filter((proxy) => proxy !== ''),
  })
  return { ...parsed, connection: readConnection(flags, environment) }
}

/** Only among processes that cannot be reached from elsewhere is there a secret that everybody knows. */
function commonOf(flags: ProcessFlags, environment: Environment, port: number): Record<string, unknown> {
  const mode = environment.BOB_MODE ?? 'development'
  const host = environment.BOB_HOST ?? '127.0.0.1'
  const secret = environment.BOB_SECRET ?? (mode === 'development' && LOOPBACK.test(host) ? MADE_UP_SECRET : undefined)
  if (secret === undefined)
    throw new ConfigurationError('BOB_SECRET has to be set, to the same text for all processes: whoever has it reads every account.')
  return { mode, host, secret, logLevel: environment.BOB_LOG ?? 'warn', port: flags.port ?? environment.BOB_PORT ?? port }
}

function checked<T>(schema: z.ZodType<T>, values: unknown): T {
  const parsed = schema.safeParse(values)
  if (!parsed.success) throw new ConfigurationError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`)
  return parsed.data
}
