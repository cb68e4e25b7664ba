import { FatalBrokerError } from '../errors.ts'

/** Where a broker listens. An IPv6 address stands here without brackets. */
export interface Address {
  readonly host: string
  readonly port: number
}

const LARGEST_PORT = 65_535
/** Either a host without colons, or an IPv6 address (with a zone, if it has one) in brackets. */
const HOST_AND_PORT = /^(?:\[([0-9A-Fa-f:.]+(?:%[^\s\]]+)?)\]|([^\s:[\]]+)):(\d+)$/

/** Reads `host:port`, and `[::1]:9092` for IPv6. Throws `FatalBrokerError`. */
export function parseAddress(text: string): Address {
  const [, inBrackets, name, digits] = HOST_AND_PORT.exec(text.trim()) ?? []
  const host = inBrackets ?? name
  const port = Number(digits)
  if (host === undefined || !(port >= 1 && port <= LARGEST_PORT))
    throw new FatalBrokerError(
      `"${text}" is not the address of a Kafka broker: write host:port, and an IPv6 address in brackets, such as [::1]:9092.`,
    )
  return { host, port }
}

/** What `parseAddress` reads. Equal addresses have equal names. */
export function addressName({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
