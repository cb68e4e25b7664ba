import { isIPv6 } from 'node:net'

/**
 * What limits count as one address: an IPv4 address, or the 64-bit prefix of an IPv6 address, all of which usually belongs to one subscriber (RFC 6177).
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const [left, right] = [head, tail].map((part) => (part === '' ? [] : part.split(':')))
  const middle = Array.from({ length: address.includes('::') ? 8 - (left?.length ?? 0) - (right?.length ?? 0) : 0 }, () => '0')
  const groups = [...(left ?? []), ...middle, ...(right ?? [])].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}
