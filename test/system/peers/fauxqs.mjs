// Starts fauxqs on loopback only (its own command binds to every interface) and says its address.
// Ends when its standard input does: when whoever started it is gone.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false, host: "127.0.0.1" });
console.log(await app.listen({ host: "127.0.0.1", port: Number(process.argv[2] ?? 0) }));
process.stdin.on("end", () => process.exit(0)).resume();
