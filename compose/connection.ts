import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { bankSubjects, type SubjectNaming } from '../processors/index.ts'
import { ConfluentRegistry, type SubjectsOf } from '../schemas/index.ts'
import { KafkaBroker, type PasswordMechanism, type Ports, type SaslOptions } from '../topology/index.ts'
import { ConfigurationError } from './configuration-error.ts'
import { passwordFrom, tokenFrom, tokensOf, type TokenEndpoint } from './kafka-credentials.ts'

/** Addresses and credentials for Kafka and the schema registry. */
export interface Connection {
  readonly kafka: readonly string[]
  readonly tls: Tls | undefined
  readonly sasl: Sasl | undefined
  readonly registry: string
  readonly registryAuth: { readonly username: string; readonly password: string } | undefined
  readonly subjects: SubjectNaming
}

/** PEM files. Default authority: those that Node trusts. Without a certificate the client does not authenticate by TLS. */
interface Tls {
  readonly authority: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
}

/** Secrets in files are read at each authentication. */
type Sasl =
  | { readonly mechanism: PasswordMechanism; readonly username: string; readonly password: string }
  | { readonly mechanism: PasswordMechanism; readonly username: string; readonly passwordFile: string }
  | { readonly mechanism: 'oauthbearer'; readonly tokenFile: string }
  | { readonly mechanism: 'oauthbearer'; readonly endpoint: TokenEndpoint }

export interface ConnectionFlags {
  readonly kafka?: string
  readonly registry?: string
}

const PASSWORD_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const MECHANISMS = [...PASSWORD_MECHANISMS, 'oauthbearer'] as const
const ONE_PASSWORD = 'SASL needs either BOB_KAFKA_PASSWORD or BOB_KAFKA_PASSWORD_FILE'
const ONE_TOKEN = 'BOB_KAFKA_SASL=oauthbearer needs either BOB_KAFKA_TOKEN_FILE or BOB_KAFKA_TOKEN_URL'
const ON = ['1', 'true', 'yes', 'on']

const registryCredentials = z
  .object({ username: z.string('the registry needs BOB_REGISTRY_USER'), password: z.string('the registry needs BOB_REGISTRY_PASSWORD') })
  .optional()

const schema = z.object({
  kafka: z.array(z.string().regex(/^([^\s:,[\]]+|\[[^\s,[\]]+\]):\d+$/, 'Kafka’s addresses must look like host:9092,[::1]:9092')).min(1),
  tls: z
    .object({ authority: z.string().optional(), certificate: z.string().optional(), key: z.string().optional() })
    .refine(
      ({ certificate, key }) => (certificate === undefined) === (key === undefined),
      'BOB_KAFKA_CERT and BOB_KAFKA_KEY must be set together',
    )
    .optional(),
  sasl: z.enum(MECHANISMS, `BOB_KAFKA_SASL must be one of ${MECHANISMS.join(', ')}`).optional(),
  registry: z.url('the registry’s address must be a URL like http://localhost:8081/apis/ccompat/v7'),
  registryAuth: registryCredentials,
  subjects: z.enum(['record', 'topic-record'], 'BOB_SUBJECTS must be record or topic-record'),
})

/** Flags win over the environment; the defaults are the addresses of `npm run kafka`. Throws `ConfigurationError`. */
export function readConnection(
  flags: ConnectionFlags,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Connection {
  const { BOB_KAFKA_CA: authority, BOB_KAFKA_CERT: certificate, BOB_KAFKA_KEY: key } = environment
  const usesTls = ON.includes(environment.BOB_KAFKA_TLS ?? '') || authority !== undefined || certificate !== undefined
  const parsed = schema.safeParse({
    kafka: (flags.kafka ?? environment.BOB_KAFKA ?? 'localhost:9092').split(','),
    tls: usesTls ? { authority, certificate, key } : undefined,
    sasl: environment.BOB_KAFKA_SASL?.toLowerCase(),
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
    sasl: sasl === undefined ? undefined : readSasl(sasl, environment),
    registryAuth,
  }
}

function readSasl(mechanism: (typeof MECHANISMS)[number], environment: Readonly<Record<string, string | undefined>>): Sasl {
  const { BOB_KAFKA_USER: username, BOB_KAFKA_PASSWORD: password, BOB_KAFKA_PASSWORD_FILE: passwordFile } = environment
  const { BOB_KAFKA_TOKEN_FILE: tokenFile, BOB_KAFKA_TOKEN_URL: url, BOB_KAFKA_TOKEN_SCOPE: scope } = environment
  if (mechanism !== 'oauthbearer') {
    if (username === undefined) throw new ConfigurationError('SASL needs BOB_KAFKA_USER.')
    if (password !== undefined && passwordFile === undefined) return { mechanism, username, password }
    if (password === undefined && passwordFile !== undefined) return { mechanism, username, passwordFile }
    throw new ConfigurationError(`${ONE_PASSWORD}.`)
  }
  if (tokenFile !== undefined && url === undefined) return { mechanism, tokenFile }
  if (tokenFile !== undefined || url === undefined) throw new ConfigurationError(`${ONE_TOKEN}.`)
  if (!URL.canParse(url)) throw new ConfigurationError('BOB_KAFKA_TOKEN_URL must be a URL like https://login.example/oauth2/token.')
  if (username === undefined || password === undefined)
    throw new ConfigurationError('BOB_KAFKA_TOKEN_URL needs BOB_KAFKA_USER (the client’s id) and BOB_KAFKA_PASSWORD (its secret).')
  return { mechanism, endpoint: { url, clientId: username, clientSecret: password, scope } }
}

/** Throws `ConfigurationError` when a file cannot be read, and what `KafkaBroker.open` throws. */
export async function connectToKafka({ kafka, tls, sasl }: Connection, ports: Ports, clientId: string): Promise<KafkaBroker> {
  return KafkaBroker.open({
    addresses: kafka,
    ports,
    clientId,
    ...(tls === undefined ? {} : { ssl: { ca: await pem(tls.authority), cert: await pem(tls.certificate), key: await pem(tls.key) } }),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl, ports) }),
  })
}

function saslOptions(sasl: Sasl, { clock }: Ports): SaslOptions {
  if ('password' in sasl) return sasl
  if ('passwordFile' in sasl) return { mechanism: sasl.mechanism, credentials: passwordFrom(sasl.passwordFile, sasl.username) }
  return { mechanism: sasl.mechanism, token: 'tokenFile' in sasl ? tokenFrom(sasl.tokenFile) : tokensOf(sasl.endpoint, clock) }
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
    throw new ConfigurationError(`Cannot read the PEM file ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
