/* Hosts and numbers that public reports name. Only facts; each rule says whose report and when. */

rule itel_it2160_sale_report
{
    meta:
        title = "server of the sale report of itel it2160"
        source = "ValdikSS, as reported by The Record: therecord.media/malware-found-preinstalled-in-classic-push-button-phones-sold-in-russia"
        date = "2021-09"
        kind = "sale_report"
    strings:
        $host = "asv.transsion.com" ascii wide nocase
        $host_xor = "asv.transsion.com" xor(1-255)
    condition:
        any of them
}

rule f_plus_flip_3_identity_sms
{
    meta:
        title = "number to which F+ Flip 3 sends IMEI and IMSI"
        source = "ValdikSS, as reported by Security Affairs: securityaffairs.co/wordpress/121887"
        date = "2021-09-06"
        kind = "identity_sms"
    strings:
        $number = "79584971255" ascii wide
        $number_xor = "79584971255" xor(1-255)
    condition:
        any of them
}

rule irbis_sf63_command_server
{
    meta:
        title = "command server of Irbis SF63"
        source = "ValdikSS, as reported by The Record: therecord.media/malware-found-preinstalled-in-classic-push-button-phones-sold-in-russia"
        date = "2021-09"
        kind = "remote_command"
    strings:
        $host = "well2266.com" ascii wide nocase
        $host_xor = "well2266.com" xor(1-255)
    condition:
        any of them
}
