// Reads {"manifest.json": …, "ko.json": …} and prints what Microsoft's schemas say of each.
import fs from 'node:fs'
import Ajv from 'ajv-draft-04'
import formats from 'ajv-formats'

const files = JSON.parse(fs.readFileSync(0, 'utf8'))
const version = files['manifest.json'].manifestVersion
const schemas = new URL(`node_modules/@microsoft/app-manifest/build/json-schemas/teams/v${version}/`, import.meta.url)
const verdicts = {}
for (const [name, content] of Object.entries(files)) {
  const schema = name === 'manifest.json' ? 'MicrosoftTeams.schema.json' : 'MicrosoftTeams.Localization.schema.json'
  const ajv = new Ajv.default({ strict: false, allErrors: true, unicodeRegExp: false })
  formats.default(ajv)
  const valid = ajv.compile(JSON.parse(fs.readFileSync(new URL(schema, schemas), 'utf8')))
  verdicts[name] = valid(content) ? [] : valid.errors.map(e => `${e.instancePath} ${e.message}`)
}
console.log(JSON.stringify(verdicts))
