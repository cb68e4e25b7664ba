const LONGEST_NAME = 249

/** Why no topic can have this name, by Kafka's rules; undefined if one can. */
export function topicNameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return `it is ${name === null ? 'null' : `of type ${typeof name}`}, not a string`
  if (name === '') return 'it is empty'
  if (name === '.' || name === '..') return 'it must not be "." or ".."'
  if (name.length > LONGEST_NAME) return `it has ${name.length} characters, and at most ${LONGEST_NAME} are allowed`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return 'only letters, digits, ".", "_" and "-" are allowed'
  return undefined
}

/** Kafka derives names of metrics from topic names, with "_" for ".": two topics must not differ in these only. */
export function collidesWith(name: string, other: string): boolean {
  return name !== other && name.replaceAll('.', '_') === other.replaceAll('.', '_')
}
