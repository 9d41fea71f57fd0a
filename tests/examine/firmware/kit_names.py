"""Names of functions of invented kits: lists that were written down one after another."""

from __future__ import annotations

NAMES = {
    "send_sms": ["vm_sms_send_sms", "srv_sms_send_req", "MMISMS_SendMessage", "mn_send_sms"],
    "net": ["vm_tcp_connect", "soc_create", "http_post_data", "gprs_open_link"],
    "hook": ["vm_reg_sms_callback", "srv_sms_new_msg_ind", "MMISMS_RecvHook", "sms_deliver_ind"],
    "suppress": ["srv_sms_delete_msg", "sms_hide_message", "MMISMS_DeleteSms", "sms_block_new"],
    "identity": ["vm_get_imei", "srv_imei_get_imei", "sim_read_imsi", "get_imei_string"],
    "ui": ["mmi_popup_display", "wgui_show_list", "ShowCategory145Screen", "gui_show_menu"],
}
OTHER_NAMES = {
    "send_sms": ["SMSSVC_SubmitSms", "tel_sms_submit_pdu", "app_send_text_message"],
    "net": ["net_socket_open", "HttpClientSendReq", "tcpip_so_create"],
    "hook": ["SmsSvc_IncomingNotify", "tel_register_sms_handler", "app_on_new_sms"],
    "suppress": ["SmsSvc_DropMessage", "tel_sms_intercept", "app_remove_sms"],
    "identity": ["tel_get_imsi", "SysGetImei", "nv_read_imei"],
    "ui": ["PopupDialogOpen", "tel_draw_screen", "app_show_screen"],
}
LATER_NAMES = {
    "send_sms": ["MNSMS_SendSmsEx", "l4c_smsal_send_req", "MMISMS_AppSendDirect"],
    "net": ["sci_sock_connect", "MMIHTTP_RequestUrl", "abm_pdp_activate"],
    "hook": ["MNSMS_RegisterRecvCb", "smsal_mt_text_ind_hdlr", "MMISMS_HandleNewIncoming"],
    "suppress": ["MNSMS_DeleteMsgByIndex", "smsal_discard_mt", "MMISMS_SilentReceive"],
    "identity": ["MNNV_GetIMEI", "nvram_get_imei_value", "MNSIM_GetImsi"],
    "ui": ["MMIPUB_OpenAlertWin", "ShowCategory5Screen", "MMK_CreateWin"],
}
"""Written down after chains and XOR were mended; the patterns for sending were widened for them."""
FRESH_NAMES = {
    "send_sms": ["MN_SendSmsReq", "uisms_send_now", "drv_text_submit_sms"],
    "net": ["MMISOCK_Open", "cm_http_post", "gprs_attach_now"],
    "hook": ["MN_OnIncomingSms", "uisms_recv_cb", "phone_new_sms_arrived"],
    "suppress": ["MN_DelSmsInd", "uisms_hide_incoming", "phone_drop_sms"],
    "identity": ["PROD_ReadImei", "refnv_imei_get", "simcard_get_imsi"],
    "ui": ["MMIALERT_Popup", "uiwin_show_menu", "gdi_draw_text"],
}
"""Written down after the detector was last changed; nothing was changed for them."""
