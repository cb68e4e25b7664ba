import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { generateWebTypes, SCHEMA_FILE, WEB_TYPES_FILE } from './generate-web-types.ts'

const schema = readFileSync(SCHEMA_FILE, 'utf8')

describe('The page’s generated types', () => {
  it('are current', () => {
    expect(readFileSync(WEB_TYPES_FILE, 'utf8')).toBe(generateWebTypes(schema))
  })

  it('contain only documents that the schema accepts', () => {
    const documents = [...generateWebTypes(schema).matchAll(/'((?:query|mutation|subscription)\b[^']*)'/g)].map(([, text = '']) => text)
    expect(documents.length).toBeGreaterThan(30)
    expect(documents.flatMap((text) => validate(buildSchema(schema), parse(text)))).toEqual([])
  })

  it('select every field of the result types', () => {
    expect(generateWebTypes('type Query { one(id: ID!): A } type A { x: Int, b: B! } type B { y: [String!]! }')).toContain(
      `one: 'query($id: ID!) { one(id: $id) { x b { y } } }'`,
    )
  })

  it('distinguish optional from required', () => {
    const text = generateWebTypes('type Query { a(must: Int!, may: Int, has: Int! = 1): Int }')
    expect(text).toContain('readonly must: number; readonly may?: number | null; readonly has?: number')
    expect(text).toContain('readonly result: number | null')
  })

  it('cannot be generated for unknown types, recursive types and unions', () => {
    expect(() => generateWebTypes('type Query { a: Nowhere }')).toThrow('Nowhere')
    expect(() => generateWebTypes('type Query { a: A } type A { a: A }')).toThrow('A > A')
    expect(() => generateWebTypes('type Query { a: Int } union U = Query')).toThrow('UnionTypeDefinition')
  })
})
