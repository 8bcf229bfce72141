// Starts fauxqs on loopback only: its own command binds to every interface.
import {buildApp} from 'fauxqs';

await buildApp({logger: false, host: '127.0.0.1'}).listen({host: '127.0.0.1', port: Number(process.argv[2])});
