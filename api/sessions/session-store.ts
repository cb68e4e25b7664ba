import { createHash, randomBytes } from 'node:crypto'
import type { Broker, Ports, TopicSpec } from '../../topology/index.ts'
import { RecordSender } from '../record-sender.ts'
import { TopicTail } from '../topic-tail.ts'

export interface Session {
  readonly username: string
  readonly role: Role
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export type Role = 'CLIENT' | 'EMPLOYEE'

export interface SessionStoreOptions {
  readonly broker: Broker
  readonly ports: Ports
  /** Default 12 hours. */
  readonly lifetimeMs?: number
}

const SESSIONS_TOPIC = 'bank-sessions'

/** The API's own topics, which it creates itself where they are missing: nobody else reads or writes them. */
export function apiTopics(): readonly TopicSpec[] {
  return [{ name: SESSIONS_TOPIC, partitions: 1, config: { 'cleanup.policy': 'compact' } }]
}

/** What others need who look whether the topic can be read. `decode` throws at what is no session. */
export const sessionFormat = {
  topic: SESSIONS_TOPIC,
  decode: (value: Uint8Array): Session => {
    const session = JSON.parse(Buffer.from(value).toString('utf8')) as Partial<Record<keyof Session, unknown>> | null
    if (session === null || !isSession(session)) throw new Error('These bytes are no session.')
    return session
  },
}

function isSession(session: Partial<Record<keyof Session, unknown>>): session is Session {
  const { username, role, expiresAt } = session
  return typeof username === 'string' && (role === 'CLIENT' || role === 'EMPLOYEE') && typeof expiresAt === 'number'
}

const LIFETIME_MS = 12 * 3_600_000
const MOST_PER_USER = 10
const WRITE_TIMEOUT_MS = 5_000

/**
 * Who is signed in. Sessions are in a compacted topic that every API process follows, so they outlive a restart and hold on each process.
 * A session's id is 256 random bits, known to the browser alone: here only its hash is kept.
 */
export class SessionStore {
  readonly #ports: Ports
  readonly #lifetimeMs: number
  readonly #sender: RecordSender
  readonly #sessions = new Map<string, Session>()
  readonly #ofUser = new Map<string, Set<string>>()
  /** Ended here, but not yet in what was read of the topic: an earlier record must not bring them back. */
  readonly #ending = new Set<string>()
  #tail: TopicTail | undefined

  private constructor({ broker, ports, lifetimeMs = LIFETIME_MS }: SessionStoreOptions) {
    this.#ports = ports
    this.#lifetimeMs = lifetimeMs
    this.#sender = new RecordSender(broker, ports)
  }

  /** Resolves when every session there is is known. */
  static async open(options: SessionStoreOptions): Promise<SessionStore> {
    const store = new SessionStore(options)
    const { broker, ports } = options
    await broker.admin.createTopics(apiTopics())
    store.#tail = await TopicTail.open({
      broker,
      ports,
      sources: [{ topic: SESSIONS_TOPIC, from: 'earliest' }],
      onRecord: (_topic, key, value) => store.#learn(key, value),
    })
    await store.#tail.catchUp()
    store.#endExpired()
    return store
  }

  get size(): number {
    return this.#sessions.size
  }

  get lifetimeMs(): number {
    return this.#lifetimeMs
  }

  /** Answers with the id for the cookie, once the session is stored. */
  async begin(username: string, role: Role): Promise<string> {
    const id = randomBytes(32).toString('base64url')
    const hash = hashOf(id)
    const session = { username, role, expiresAt: this.#ports.clock.now() + this.#lifetimeMs }
    await this.#write(hash, Buffer.from(JSON.stringify(session)))
    this.#add(hash, session)
    this.#endOldest(username)
    return id
  }

  find(id: string): Session | undefined {
    const hash = hashOf(id)
    const session = this.#sessions.get(hash)
    if (session === undefined || session.expiresAt > this.#ports.clock.now()) return session
    this.#forget(hash)
    return undefined
  }

  async end(id: string): Promise<void> {
    const hash = hashOf(id)
    if (!this.#sessions.has(hash)) return
    this.#ending.add(hash)
    this.#remove(hash)
    await this.#write(hash, null)
  }

  async close(): Promise<void> {
    await this.#sender.close()
    await this.#tail?.close()
  }

  #learn(key: Uint8Array | null, value: Uint8Array | null): void {
    if (key === null) return
    const hash = Buffer.from(key).toString('utf8')
    if (value === null) {
      this.#ending.delete(hash)
      this.#remove(hash)
    } else if (!this.#ending.has(hash)) this.#add(hash, sessionFormat.decode(value))
  }

  #add(hash: string, session: Session): void {
    this.#sessions.set(hash, session)
    const hashes = this.#ofUser.get(session.username) ?? new Set()
    this.#ofUser.set(session.username, hashes.add(hash))
  }

  #remove(hash: string): void {
    const session = this.#sessions.get(hash)
    if (session === undefined) return
    this.#sessions.delete(hash)
    const hashes = this.#ofUser.get(session.username)
    hashes?.delete(hash)
    if (hashes?.size === 0) this.#ofUser.delete(session.username)
  }

  #endExpired(): void {
    const now = this.#ports.clock.now()
    for (const [hash, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.#forget(hash)
  }

  #endOldest(username: string): void {
    const hashes = [...(this.#ofUser.get(username) ?? [])]
    for (const hash of hashes.slice(0, Math.max(0, hashes.length - MOST_PER_USER))) this.#forget(hash)
  }

  /** Takes a session out without waiting: it is over here at once, and elsewhere as soon as the topic says so. */
  #forget(hash: string): void {
    this.#ending.add(hash)
    this.#remove(hash)
    this.#write(hash, null).catch((error: unknown) => this.#ports.logger.warn('a session was not taken out', { error: String(error) }))
  }

  #write(hash: string, value: Uint8Array | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sender.send({
        topic: SESSIONS_TOPIC,
        key: Buffer.from(hash),
        value,
        giveUpAt: this.#ports.clock.now() + WRITE_TIMEOUT_MS,
        onStored: resolve,
        onGivenUp: () => reject(new Error('The session could not be stored.')),
      })
    })
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
