import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigurationError } from '../configuration-error.ts'
import { DEVELOPMENT_PASSWORD, DEVELOPMENT_SECRET, requireStrongPassword, requireStrongSecret } from '../production-secrets.ts'
import { parseCrashPlan, type CrashPlan } from './crash-points.ts'
import { readConnection, type Connection, type ConnectionFlags } from '../connection.ts'

/** Configuration that every process of a bank on Kafka has. */
interface ProcessConfiguration {
  readonly connection: Connection
  readonly mode: 'development' | 'production'
  readonly logLevel: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Authenticates the processes to each other. */
  readonly secret: string
}

export interface ProcessorConfiguration extends ProcessConfiguration {
  /** Holds one directory per instance. */
  readonly dataDirectory: string
  /** Instance id that is stable across restarts. Undefined: the first `<machine>-<number>` that is free in the data directory. */
  readonly instance: string | undefined
  /** Prefix of generated instance ids. Containers that share a data directory share it, too. */
  readonly machine: string
  /** URL at which other processes reach this one. Undefined: host and port; the host name if it listens on all interfaces (DECISIONS 70). */
  readonly advertised: string | undefined
  /** Standbys per task; the same on all processors. */
  readonly standbys: number
  /** For tests: the point at which the process kills itself. */
  readonly crash: CrashPlan | undefined
}

export interface ApiConfiguration extends ProcessConfiguration {
  readonly employee: { readonly username: string; readonly password: string }
  /** Host names under which browsers reach it, behind a proxy. */
  readonly hosts: readonly string[]
  /** Addresses and networks of proxies whose `X-Forwarded-For` is trusted. */
  readonly proxies: readonly string[]
}

export interface ProcessFlags extends ConnectionFlags {
  readonly port?: string
  readonly data?: string
  readonly instance?: string
  readonly standbys?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const NETWORK = /^(loopback|linklocal|uniquelocal|[0-9a-fA-F.:]+(\/\d{1,3})?)$/
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/

const common = z.object({
  mode: z.enum(['development', 'production'], 'BOB_MODE must be development or production'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent'], 'BOB_LOG must be debug, info, warn, error or silent'),
  host: z.string().min(1, 'BOB_HOST must not be empty'),
  port: z.coerce
    .number('the port must be a number')
    .int('the port must be a whole number')
    .min(0)
    .max(65_535, 'the port must be at most 65535'),
  secret: z.string().min(16, 'BOB_SECRET must have at least 16 characters'),
})

const processor = common.extend({
  dataDirectory: z.string().min(1, 'the data directory must not be empty'),
  instance: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      'the instance id must begin with a letter or digit and have only letters, digits, dots, underscores and dashes, at most 100',
    )
    .optional(),
  standbys: z.coerce
    .number('the number of standbys must be a number')
    .int('the number of standbys must be a whole number')
    .min(0)
    .max(10, 'the number of standbys must be at most 10'),
  advertised: z.url('BOB_ADVERTISE must be a URL like http://processor-1:8282').optional(),
})

const api = common.extend({
  employee: z.object({
    username: z.string().min(8, 'BOB_EMPLOYEE must have at least 8 characters'),
    password: z.string().min(8, 'BOB_EMPLOYEE_PASSWORD must have at least 8 characters'),
  }),
  hosts: z.array(z.string().min(1)),
  proxies: z.array(
    z.string().regex(NETWORK, 'BOB_PROXIES must be a comma-separated list of addresses, networks, or loopback, linklocal, uniquelocal'),
  ),
})

/** Flags win over the environment, the environment over the defaults. Throws `ConfigurationError`. */
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

/** Flags win over the environment, the environment over the defaults. Throws `ConfigurationError`. */
export function readApi(flags: ProcessFlags, environment: Environment = process.env): ApiConfiguration {
  const parsed = checked(api, {
    ...commonOf(flags, environment, 8181),
    employee: {
      username: environment.BOB_EMPLOYEE ?? 'employee',
      password: environment.BOB_EMPLOYEE_PASSWORD ?? DEVELOPMENT_PASSWORD,
    },
    hosts: (environment.BOB_HOSTS ?? '').split(',').filter((host) => host !== ''),
    proxies: (environment.BOB_PROXIES ?? '').split(',').filter((proxy) => proxy !== ''),
  })
  if (parsed.mode === 'production') requireStrongPassword(environment.BOB_EMPLOYEE_PASSWORD)
  return { ...parsed, connection: readConnection(flags, environment) }
}

/** The well-known secret is a default only in development on a loopback address, where no other machine can reach the process. */
function commonOf(flags: ProcessFlags, environment: Environment, port: number): Record<string, unknown> {
  const mode = environment.BOB_MODE ?? 'development'
  const host = environment.BOB_HOST ?? '127.0.0.1'
  const secret = environment.BOB_SECRET ?? (mode === 'development' && LOOPBACK.test(host) ? DEVELOPMENT_SECRET : undefined)
  if (secret === undefined)
    throw new ConfigurationError(
      'BOB_SECRET is not set: set it to the same secret text for all processes. It gives access to every account.',
    )
  if (mode === 'production') requireStrongSecret(secret)
  return { mode, host, secret, logLevel: environment.BOB_LOG ?? 'warn', port: flags.port ?? environment.BOB_PORT ?? port }
}

function checked<T>(schema: z.ZodType<T>, values: unknown): T {
  const parsed = schema.safeParse(values)
  if (!parsed.success) throw new ConfigurationError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`)
  return parsed.data
}
