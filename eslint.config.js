import svelte from 'eslint-plugin-svelte'
import tseslint from 'typescript-eslint'

const doubleCast = {
  selector: 'TSAsExpression > TSAsExpression[typeAnnotation.type="TSUnknownKeyword"]',
  message: 'A double cast hides a wrong type: narrow it instead.',
}
const environment = { object: 'process', property: 'env', message: 'Only compose/ reads the environment.' }
const fromPorts = (what) => `${what} comes in through Ports, so that the simulator can replay it.`

const deterministic = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'crypto'].map((name) => ({ name, message: fromPorts(name) })),
  ],
  'no-restricted-properties': [
    'error',
    environment,
    { object: 'Date', property: 'now', message: fromPorts('Time') },
    { object: 'Math', property: 'random', message: fromPorts('Randomness') },
    { object: 'crypto', property: 'randomUUID', message: fromPorts('An id') },
  ],
  'no-restricted-syntax': [
    'error',
    doubleCast,
    { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: fromPorts('Time') },
    { selector: 'ImportSpecifier[imported.name=/^(randomUUID|randomBytes|randomInt|performance)$/]', message: fromPorts('Randomness') },
  ],
}

export default tseslint.config(
  { ignores: ['dist/', 'data/', 'coverage/', '**/generated/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,js,mjs}'],
    extends: [tseslint.configs.strict],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      eqeqeq: 'error',
      'no-restricted-properties': ['error', environment],
      'no-restricted-syntax': ['error', doubleCast],
    },
  },
  // Ports made for tests wait for the real event loop to come to rest.
  {
    files: ['state/**/*.ts', 'topology/**/*.ts'],
    ignores: ['topology/system-ports.ts', 'topology/**/testing/manual-ports.ts'],
    rules: deterministic,
  },
  { files: ['compose/**/*.{ts,mjs}', '*.config.{ts,js}'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['web/**/*.svelte', 'web/**/*.svelte.ts'],
    extends: [svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // What is reactive is said with $state where it is; a Map or Set beside it is not meant to be.
      'svelte/prefer-svelte-reactivity': 'off',
      // Takes each word of a comment's reason for a code; svelte-check reports what is really ignored in vain.
      'svelte/no-unused-svelte-ignore': 'off',
    },
  },
)
