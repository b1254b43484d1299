// Sends what standard input describes (JSON: the options of a transport and of a message), prints the server's answer.
const nodemailer = require(process.argv[2]);
const job = JSON.parse(require("fs").readFileSync(0, "utf8"));

nodemailer.createTransport(job.transport).sendMail(job.message).then(
    (info) => console.log(JSON.stringify(info)),
    (error) => {
        console.log(JSON.stringify({ code: error.responseCode, response: error.response || String(error) }));
        process.exit(1);
    });
