// Says of each request on the standard input, ["authorization", "service", "channel"] a
// line, whether Microsoft's library takes it. It runs in the folder of the peers.
const { createRequire } = require("node:module");
const readline = require("node:readline");
const { ChannelValidation, SimpleCredentialProvider } = createRequire(process.cwd() + "/")("botframework-connector");

console.error = () => {}; // the library tells each refusal
const [metadata, app] = process.argv.slice(2);
ChannelValidation.OpenIdMetadataEndpoint = metadata;
const credentials = new SimpleCredentialProvider(app, "");

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [authorization, service, channel] = JSON.parse(line);
    let verdict = "accept";
    try {
      await ChannelValidation.authenticateChannelTokenWithServiceUrl(authorization, credentials, service, channel);
    } catch (e) {
      verdict = "reject";
    }
    console.log(verdict);
  }
})();
