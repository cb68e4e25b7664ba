import { getIntrospectionQuery, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { exceededLimitOf } from './document-limits.ts'

const exceeded = (text: string): string | undefined => exceededLimitOf(parse(text))

describe("21.1 A document's cost is bounded before it is validated:", () => {
  it.each([
    ['a field that is repeated', `{ ${'me { role } '.repeat(42)} }`, 'repeat 40 fields: this one repeats 41'],
    ['in inline fragments', `{ ${'... { me { role } } '.repeat(42)} }`, 'repeat 40 fields: this one repeats 41'],
    ['in a fragment that is spread again and again', `{ ${'...f '.repeat(42)} } fragment f on Query { me { role } }`, 'repeats 41'],
    ['below a field', `{ me { ${'role '.repeat(300)} } }`, 'repeats 299'],
    ['in a fragment that is not used', `{ me { role } } fragment f on Query { me { ${'role '.repeat(300)} } }`, 'repeats 299'],
    ['in an operation that does not run', `query a { me { role } } query b { me { ${'role '.repeat(300)} } }`, 'repeats 299'],
    ['under the name of the introspection', `query IntrospectionQuery { __schema { ${'types { name } '.repeat(42)} } }`, 'repeats 41'],
    ['many different fields', `{ me { ${Array.from({ length: 401 }, (_, n) => `f${n}`).join(' ')} } }`, 'select 400 fields'],
    ['a fragment that spreads itself', '{ ...f } fragment f on Query { me { role } ...f }', 'levels deep'],
    [
      'fragments that double',
      `{ ...f0 } ${Array.from({ length: 60 }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`).join(' ')} fragment f60 on Query { me { role } }`,
      'select 400 fields',
    ],
  ])('%s', (_, text, problem) => {
    const begin = performance.now()
    expect(exceeded(text)).toContain(problem)
    expect(performance.now() - begin).toBeLessThan(100)
  })

  it("GraphQL's own introspection fits", () => {
    expect(exceeded(getIntrospectionQuery())).toBeUndefined()
  })

  it('the same fields in different places are no repeats', () => {
    expect(exceeded('{ a { x y } b { x y } c { x y } ...f } fragment f on Query { d { x y } }')).toBeUndefined()
  })
})
