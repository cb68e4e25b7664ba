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

/** The topics that only the API reads and writes. It creates them where they are missing. */
export function apiTopics(): readonly TopicSpec[] {
  return [{ name: SESSIONS_TOPIC, partitions: 1, config: { 'cleanup.policy': 'compact' } }]
}

/** For checks that the sessions topic is readable (DECISIONS 34). `decode` throws for bytes that are no session. */
export const sessionFormat = {
  topic: SESSIONS_TOPIC,
  decode: (value: Uint8Array): Session => {
    const session = JSON.parse(Buffer.from(value).toString('utf8')) as Partial<Record<keyof Session, unknown>> | null
    if (session === null || !isSession(session))
      throw new Error('The record is not a session: expected JSON with username, role and expiresAt.')
    return session
  },
}

function isSession(session: Partial<Record<keyof Session, unknown>>): session is Session {
  const { username, role, expiresAt } = session
  return typeof username === 'string' && (role === 'CLIENT' || role === 'EMPLOYEE') && typeof expiresAt === 'number'
}

const LIFETIME_MS = 12 * 3_600_000
const MAX_PER_USER = 10
const WRITE_TIMEOUT_MS = 5_000

/**
 * The sessions of signed-in users, in a compacted topic that every API process follows: they survive a restart and are valid on each
 * process. A session's id is 256 random bits that only the browser has; the server keeps its hash.
 */
export class SessionStore {
  readonly #ports: Ports
  readonly #lifetimeMs: number
  readonly #sender: RecordSender
  readonly #sessions = new Map<string, Session>()
  readonly #hashesOfUser = new Map<string, Set<string>>()
  /** Ended here, but the tombstone has not been read back yet: an older record must not add them again. */
  readonly #ending = new Set<string>()
  readonly #listeners = new Map<string, Set<() => void>>()
  #tail: TopicTail | undefined

  private constructor({ broker, ports, lifetimeMs = LIFETIME_MS }: SessionStoreOptions) {
    this.#ports = ports
    this.#lifetimeMs = lifetimeMs
    this.#sender = new RecordSender(broker, ports)
  }

  /** Resolves when all sessions of the topic have been read. */
  static async open(options: SessionStoreOptions): Promise<SessionStore> {
    const store = new SessionStore(options)
    const { broker, ports } = options
    await broker.admin.createTopics(apiTopics())
    store.#tail = await TopicTail.open({
      broker,
      ports,
      sources: [{ topic: SESSIONS_TOPIC, from: 'earliest' }],
      onRecord: (_topic, key, value) => store.#apply(key, value),
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

  /** Resolves with the id for the cookie once the session is stored. */
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
    this.#endSoon(hash)
    return undefined
  }

  /** Calls back once when the session ends, here or on another process. Returns what stops that. */
  onEnd(id: string, listener: () => void): () => void {
    const hash = hashOf(id)
    const listeners = this.#listeners.get(hash) ?? new Set()
    this.#listeners.set(hash, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(hash)
    }
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

  #apply(key: Uint8Array | null, value: Uint8Array | null): void {
    if (key === null) return
    const hash = Buffer.from(key).toString('utf8')
    if (value === null) {
      this.#ending.delete(hash)
      this.#remove(hash)
    } else if (!this.#ending.has(hash)) this.#add(hash, sessionFormat.decode(value))
  }

  #add(hash: string, session: Session): void {
    this.#sessions.set(hash, session)
    const hashes = this.#hashesOfUser.get(session.username) ?? new Set()
    this.#hashesOfUser.set(session.username, hashes.add(hash))
  }

  #remove(hash: string): void {
    const session = this.#sessions.get(hash)
    if (session === undefined) return
    this.#sessions.delete(hash)
    for (const listener of this.#listeners.get(hash) ?? []) listener()
    const hashes = this.#hashesOfUser.get(session.username)
    hashes?.delete(hash)
    if (hashes?.size === 0) this.#hashesOfUser.delete(session.username)
  }

  #endExpired(): void {
    const now = this.#ports.clock.now()
    for (const [hash, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.#endSoon(hash)
  }

  #endOldest(username: string): void {
    const hashes = [...(this.#hashesOfUser.get(username) ?? [])]
    for (const hash of hashes.slice(0, Math.max(0, hashes.length - MAX_PER_USER))) this.#endSoon(hash)
  }

  /** Ends a session without waiting: at once in this process, in the others when they read the tombstone. */
  #endSoon(hash: string): void {
    this.#ending.add(hash)
    this.#remove(hash)
    this.#write(hash, null).catch((error: unknown) =>
      this.#ports.logger.warn('a session could not be ended in the topic', { error: String(error) }),
    )
  }

  #write(hash: string, value: Uint8Array | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#sender.send({
        topic: SESSIONS_TOPIC,
        key: Buffer.from(hash),
        value,
        giveUpAt: this.#ports.clock.now() + WRITE_TIMEOUT_MS,
        onStored: resolve,
        onGivenUp: (refusal) =>
          reject(
            refusal ?? new Error(`The session could not be written to topic ${SESSIONS_TOPIC} within ${WRITE_TIMEOUT_MS} ms: try again.`),
          ),
      })
    })
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
