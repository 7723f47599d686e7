// Asks Microsoft's own library what it thinks of tokens: a list of { name, header, serviceUrl, channel }
// on stdin, and on stdout a verdict by name, empty for "accepted".
import connector from "botframework-connector";
import { readFileSync } from "node:fs";

const { ChannelValidation, SimpleCredentialProvider } = connector;
const [openID, appID] = process.argv.slice(2);
ChannelValidation.OpenIdMetadataEndpoint = openID;
const credentials = new SimpleCredentialProvider(appID, "");
const out = {};
console.error = () => {};
for (const t of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    await ChannelValidation.authenticateChannelTokenWithServiceUrl(t.header, credentials, t.serviceUrl, t.channel);
    out[t.name] = "";
  } catch (e) {
    out[t.name] = e.message || "refused";
  }
}
process.stdout.write(JSON.stringify(out));
