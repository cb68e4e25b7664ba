import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { bankSubjects, type SubjectNaming } from '../processors/index.ts'
import { ConfluentRegistry, type SubjectsOf } from '../schemas/index.ts'
import { KafkaBroker, type Ports } from '../topology/index.ts'
import { ConfigurationError } from './configuration.ts'

/** Where Kafka and the schema registry are, and how one gets in. */
export interface Connection {
  readonly kafka: readonly string[]
  readonly tls: Tls | undefined
  readonly sasl: Sasl | undefined
  readonly registry: string
  readonly registryAuth: { readonly username: string; readonly password: string } | undefined
  readonly subjects: SubjectNaming
}

/** Files in PEM; without an authority those that Node trusts, without a certificate none is shown. */
interface Tls {
  readonly authority: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
}

interface Sasl {
  readonly mechanism: (typeof MECHANISMS)[number]
  readonly username: string
  readonly password: string
}

export interface ConnectionFlags {
  readonly kafka?: string
  readonly registry?: string
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const ON = ['1', 'true', 'yes', 'on']

const credentials = (whose: string) =>
  z.object({ username: z.string(`${whose} needs a user`), password: z.string(`${whose} needs a password`) }).optional()

const schema = z.object({
  kafka: z.array(z.string().regex(/^[^\s:,]+:\d+$/, 'Kafka’s addresses are written like host:9092,other:9092')).min(1),
  tls: z
    .object({ authority: z.string().optional(), certificate: z.string().optional(), key: z.string().optional() })
    .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), 'a certificate goes with its key')
    .optional(),
  sasl: z
    .object({
      mechanism: z.enum(MECHANISMS, `the mechanism is one of ${MECHANISMS.join(', ')}`),
      username: z.string('SASL needs BOB_KAFKA_USER'),
      password: z.string('SASL needs BOB_KAFKA_PASSWORD'),
    })
    .optional(),
  registry: z.url('the registry’s address is a URL, like http://localhost:8081/apis/ccompat/v7'),
  registryAuth: credentials('the registry'),
  subjects: z.enum(['record', 'topic-record'], 'subjects are called by record or topic-record'),
})

/** Flags come before the environment, the environment before what `npm run kafka` starts. Throws `ConfigurationError`. */
export function readConnection(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Connection {
  const { BOB_KAFKA_CA: authority, BOB_KAFKA_CERT: certificate, BOB_KAFKA_KEY: key } = environment
  const usesTls = ON.includes(environment.BOB_KAFKA_TLS ?? '') || authority !== undefined || certificate !== undefined
  const parsed = schema.safeParse({
    kafka: (flags.kafka ?? environment.BOB_KAFKA ?? 'localhost:9092').split(','),
    tls: usesTls ? { authority, certificate, key } : undefined,
    sasl:
      environment.BOB_KAFKA_SASL === undefined
        ? undefined
        : {
            mechanism: environment.BOB_KAFKA_SASL.toLowerCase(),
            username: environment.BOB_KAFKA_USER,
            password: environment.BOB_KAFKA_PASSWORD,
          },
    registry: flags.registry ?? environment.BOB_REGISTRY ?? 'http://localhost:8081/apis/ccompat/v7',
    registryAuth:
      environment.BOB_REGISTRY_USER === undefined
        ? undefined
        : { username: environment.BOB_REGISTRY_USER, password: environment.BOB_REGISTRY_PASSWORD },
    subjects: environment.BOB_SUBJECTS ?? 'record',
  })
  if (!parsed.success) throw new ConfigurationError(`${parsed.error.issues.map(({ message }) => message).join('; ')}.`)
  const { tls, sasl, registryAuth, ...rest } = parsed.data
  return {
    ...rest,
    tls: tls === undefined ? undefined : { authority: tls.authority, certificate: tls.certificate, key: tls.key },
    sasl,
    registryAuth,
  }
}

/** Throws `ConfigurationError` when a file cannot be read, and what `KafkaBroker.open` throws. */
export async function connectToKafka({ kafka, tls, sasl }: Connection, ports: Ports, clientId: string): Promise<KafkaBroker> {
  return KafkaBroker.open({
    addresses: kafka,
    ports,
    clientId,
    ...(tls === undefined ? {} : { ssl: { ca: await pem(tls.authority), cert: await pem(tls.certificate), key: await pem(tls.key) } }),
    ...(sasl === undefined ? {} : { sasl }),
  })
}

export function connectToRegistry({ registry, registryAuth }: Connection): ConfluentRegistry {
  return new ConfluentRegistry({ url: registry, ...(registryAuth === undefined ? {} : { auth: registryAuth }) })
}

export function subjectsOf({ subjects }: Connection): SubjectsOf {
  return bankSubjects(subjects)
}

async function pem(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new ConfigurationError(`The file ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
