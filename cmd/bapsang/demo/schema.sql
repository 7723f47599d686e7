CREATE TABLE regions (
  region_id SMALLINT NOT NULL, region_name VARCHAR NOT NULL, region_short VARCHAR NOT NULL,
  region_name_en VARCHAR NOT NULL, area VARCHAR NOT NULL, population INTEGER NOT NULL);
COMMENT ON TABLE regions IS '지역: 17개 시도와 권역';
COMMENT ON COLUMN regions.region_id IS '시도 번호';
COMMENT ON COLUMN regions.region_name IS '시도 이름(정식)';
COMMENT ON COLUMN regions.region_short IS '시도 이름(줄임)';
COMMENT ON COLUMN regions.region_name_en IS '시도 이름(영문)';
COMMENT ON COLUMN regions.area IS '권역: 수도권, 강원권, 충청권, 호남권, 영남권, 제주권';
COMMENT ON COLUMN regions.population IS '인구(명, 어림)';

CREATE TABLE channels (
  channel_id SMALLINT NOT NULL, channel_name VARCHAR NOT NULL, channel_type VARCHAR NOT NULL,
  launched_on DATE NOT NULL, fee_rate DOUBLE NOT NULL);
COMMENT ON TABLE channels IS '판매 채널';
COMMENT ON COLUMN channels.channel_id IS '채널 번호';
COMMENT ON COLUMN channels.channel_name IS '채널 이름';
COMMENT ON COLUMN channels.channel_type IS '채널 유형: 온라인, 오프라인, 기업';
COMMENT ON COLUMN channels.launched_on IS '판매를 시작한 날';
COMMENT ON COLUMN channels.fee_rate IS '판매 수수료율(0.11 = 11%)';

CREATE TABLE stores (
  store_id SMALLINT NOT NULL, store_name VARCHAR NOT NULL, store_type VARCHAR NOT NULL,
  region_id SMALLINT NOT NULL, opened_on DATE NOT NULL, floor_area_m2 INTEGER NOT NULL);
COMMENT ON TABLE stores IS '매장: 직영 매장과 백화점관';
COMMENT ON COLUMN stores.store_id IS '매장 번호';
COMMENT ON COLUMN stores.store_name IS '매장 이름';
COMMENT ON COLUMN stores.store_type IS '매장 유형: 직영 매장, 백화점';
COMMENT ON COLUMN stores.region_id IS '매장이 있는 시도';
COMMENT ON COLUMN stores.opened_on IS '개점일';
COMMENT ON COLUMN stores.floor_area_m2 IS '면적(㎡)';

CREATE TABLE products (
  product_id INTEGER NOT NULL, product_name VARCHAR NOT NULL, category VARCHAR NOT NULL,
  subcategory VARCHAR NOT NULL, brand_line VARCHAR NOT NULL, launched_on DATE NOT NULL,
  launch_price BIGINT NOT NULL, unit_cost BIGINT NOT NULL);
COMMENT ON TABLE products IS '상품';
COMMENT ON COLUMN products.product_id IS '상품 번호';
COMMENT ON COLUMN products.product_name IS '상품 이름';
COMMENT ON COLUMN products.category IS '카테고리(대분류)';
COMMENT ON COLUMN products.subcategory IS '품목(소분류)';
COMMENT ON COLUMN products.brand_line IS '브랜드 라인: 아라(고급), 다온(표준), 모아(실속)';
COMMENT ON COLUMN products.launched_on IS '출시일';
COMMENT ON COLUMN products.launch_price IS '출시 때의 정가(원)';
COMMENT ON COLUMN products.unit_cost IS '개당 원가(원)';

CREATE TABLE customers (
  customer_id INTEGER NOT NULL, customer_type VARCHAR NOT NULL, gender VARCHAR, age_band VARCHAR,
  grade VARCHAR NOT NULL, joined_on DATE NOT NULL, region_id SMALLINT NOT NULL, city VARCHAR NOT NULL,
  acquisition_channel VARCHAR NOT NULL, marketing_consent BOOLEAN NOT NULL);
COMMENT ON TABLE customers IS '고객(이름, 연락처 없음)';
COMMENT ON COLUMN customers.customer_id IS '고객 번호';
COMMENT ON COLUMN customers.customer_type IS '고객 유형: 개인, 법인';
COMMENT ON COLUMN customers.gender IS '성별(법인은 비어 있음)';
COMMENT ON COLUMN customers.age_band IS '연령대(법인은 비어 있음)';
COMMENT ON COLUMN customers.grade IS '고객 등급: 일반, 실버, 골드, VIP';
COMMENT ON COLUMN customers.joined_on IS '가입일';
COMMENT ON COLUMN customers.region_id IS '사는 시도';
COMMENT ON COLUMN customers.city IS '사는 시군구';
COMMENT ON COLUMN customers.acquisition_channel IS '유입 경로: 어떻게 알고 가입했나';
COMMENT ON COLUMN customers.marketing_consent IS '마케팅 수신 동의';

CREATE TABLE campaigns (
  campaign_id INTEGER NOT NULL, campaign_name VARCHAR NOT NULL, medium VARCHAR NOT NULL,
  objective VARCHAR NOT NULL, target VARCHAR, started_on DATE NOT NULL, ended_on DATE NOT NULL,
  budget BIGINT NOT NULL);
COMMENT ON TABLE campaigns IS '광고 캠페인';
COMMENT ON COLUMN campaigns.campaign_id IS '캠페인 번호';
COMMENT ON COLUMN campaigns.campaign_name IS '캠페인 이름';
COMMENT ON COLUMN campaigns.medium IS '매체';
COMMENT ON COLUMN campaigns.objective IS '목적: 구매, 재방문, 인지';
COMMENT ON COLUMN campaigns.target IS '대상 카테고리나 품목(비어 있으면 전체)';
COMMENT ON COLUMN campaigns.started_on IS '시작일';
COMMENT ON COLUMN campaigns.ended_on IS '종료 예정일';
COMMENT ON COLUMN campaigns.budget IS '예산(원)';

CREATE TABLE campaign_days (
  spent_on DATE NOT NULL, campaign_id INTEGER NOT NULL, spend BIGINT NOT NULL, impressions BIGINT NOT NULL,
  clicks BIGINT NOT NULL, attributed_orders INTEGER NOT NULL, attributed_revenue BIGINT NOT NULL);
COMMENT ON TABLE campaign_days IS '캠페인의 하루 실적';
COMMENT ON COLUMN campaign_days.spent_on IS '날짜';
COMMENT ON COLUMN campaign_days.campaign_id IS '캠페인 번호';
COMMENT ON COLUMN campaign_days.spend IS '광고비(원)';
COMMENT ON COLUMN campaign_days.impressions IS '노출 수';
COMMENT ON COLUMN campaign_days.clicks IS '클릭 수';
COMMENT ON COLUMN campaign_days.attributed_orders IS '캠페인에서 온 주문 수';
COMMENT ON COLUMN campaign_days.attributed_revenue IS '캠페인에서 온 매출(원, 할인 후)';

CREATE TABLE orders (
  order_id BIGINT NOT NULL, ordered_at TIMESTAMP NOT NULL, customer_id INTEGER NOT NULL, channel_id SMALLINT NOT NULL,
  store_id SMALLINT, region_id SMALLINT NOT NULL, campaign_id INTEGER, device VARCHAR, traffic_source VARCHAR,
  payment_method VARCHAR NOT NULL, is_repeat BOOLEAN NOT NULL, line_count SMALLINT NOT NULL,
  gross_amount BIGINT NOT NULL, discount_amount BIGINT NOT NULL, net_amount BIGINT NOT NULL, shipping_fee INTEGER NOT NULL);
COMMENT ON TABLE orders IS '결제가 끝난 주문(취소 제외)';
COMMENT ON COLUMN orders.order_id IS '주문 번호';
COMMENT ON COLUMN orders.ordered_at IS '주문 시각(한국 시간)';
COMMENT ON COLUMN orders.customer_id IS '고객 번호';
COMMENT ON COLUMN orders.channel_id IS '판매 채널';
COMMENT ON COLUMN orders.store_id IS '매장(매장 주문만)';
COMMENT ON COLUMN orders.region_id IS '배송지 시도, 매장 주문은 매장의 시도';
COMMENT ON COLUMN orders.campaign_id IS '주문을 이끈 캠페인(온라인만, 없으면 비어 있음)';
COMMENT ON COLUMN orders.device IS '기기(온라인만)';
COMMENT ON COLUMN orders.traffic_source IS '유입(자사몰만)';
COMMENT ON COLUMN orders.payment_method IS '결제 수단';
COMMENT ON COLUMN orders.is_repeat IS '전에 산 적이 있는 고객의 주문';
COMMENT ON COLUMN orders.line_count IS '상품 줄 수';
COMMENT ON COLUMN orders.gross_amount IS '할인 전 금액(원)';
COMMENT ON COLUMN orders.discount_amount IS '할인 금액(원)';
COMMENT ON COLUMN orders.net_amount IS '할인 후 금액(원)';
COMMENT ON COLUMN orders.shipping_fee IS '배송비(원, 매출에 들지 않음)';

CREATE TABLE order_lines (
  order_line_id BIGINT NOT NULL, order_id BIGINT NOT NULL, ordered_at TIMESTAMP NOT NULL, customer_id INTEGER NOT NULL,
  product_id INTEGER NOT NULL, channel_id SMALLINT NOT NULL, store_id SMALLINT, region_id SMALLINT NOT NULL,
  campaign_id INTEGER, is_repeat BOOLEAN NOT NULL, quantity INTEGER NOT NULL, list_price BIGINT NOT NULL,
  gross_amount BIGINT NOT NULL, discount_amount BIGINT NOT NULL, net_amount BIGINT NOT NULL, cost_amount BIGINT NOT NULL);
COMMENT ON TABLE order_lines IS '주문의 상품 줄. 주문의 시각, 고객, 채널, 매장, 지역, 캠페인을 그대로 가진다';
COMMENT ON COLUMN order_lines.order_line_id IS '주문 줄 번호';
COMMENT ON COLUMN order_lines.order_id IS '주문 번호';
COMMENT ON COLUMN order_lines.ordered_at IS '주문 시각(한국 시간)';
COMMENT ON COLUMN order_lines.customer_id IS '고객 번호';
COMMENT ON COLUMN order_lines.product_id IS '상품 번호';
COMMENT ON COLUMN order_lines.channel_id IS '판매 채널';
COMMENT ON COLUMN order_lines.store_id IS '매장(매장 주문만)';
COMMENT ON COLUMN order_lines.region_id IS '배송지 시도, 매장 주문은 매장의 시도';
COMMENT ON COLUMN order_lines.campaign_id IS '주문을 이끈 캠페인';
COMMENT ON COLUMN order_lines.is_repeat IS '전에 산 적이 있는 고객의 주문';
COMMENT ON COLUMN order_lines.quantity IS '수량';
COMMENT ON COLUMN order_lines.list_price IS '그때의 정가(원)';
COMMENT ON COLUMN order_lines.gross_amount IS '할인 전 금액(원) = 정가 × 수량';
COMMENT ON COLUMN order_lines.discount_amount IS '할인 금액(원)';
COMMENT ON COLUMN order_lines.net_amount IS '할인 후 금액(원) = 매출';
COMMENT ON COLUMN order_lines.cost_amount IS '원가(원)';

CREATE TABLE returns (
  return_id INTEGER NOT NULL, returned_at TIMESTAMP NOT NULL, order_line_id BIGINT NOT NULL, order_id BIGINT NOT NULL,
  customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, channel_id SMALLINT NOT NULL, store_id SMALLINT,
  region_id SMALLINT NOT NULL, quantity INTEGER NOT NULL, refund_amount BIGINT NOT NULL, reason VARCHAR NOT NULL);
COMMENT ON TABLE returns IS '반품';
COMMENT ON COLUMN returns.return_id IS '반품 번호';
COMMENT ON COLUMN returns.returned_at IS '반품 접수 시각';
COMMENT ON COLUMN returns.order_line_id IS '반품된 주문 줄';
COMMENT ON COLUMN returns.order_id IS '주문 번호';
COMMENT ON COLUMN returns.customer_id IS '고객 번호';
COMMENT ON COLUMN returns.product_id IS '상품 번호';
COMMENT ON COLUMN returns.channel_id IS '판매 채널';
COMMENT ON COLUMN returns.store_id IS '매장';
COMMENT ON COLUMN returns.region_id IS '주문의 시도';
COMMENT ON COLUMN returns.quantity IS '반품 수량';
COMMENT ON COLUMN returns.refund_amount IS '환불 금액(원)';
COMMENT ON COLUMN returns.reason IS '반품 사유';

CREATE TABLE web_traffic (
  visited_at TIMESTAMP NOT NULL, traffic_source VARCHAR NOT NULL, device VARCHAR NOT NULL, visits INTEGER NOT NULL,
  sign_ups INTEGER NOT NULL, carts INTEGER NOT NULL, orders INTEGER NOT NULL);
COMMENT ON TABLE web_traffic IS '자사몰 방문: 시간 × 유입 × 기기';
COMMENT ON COLUMN web_traffic.visited_at IS '시간(정시)';
COMMENT ON COLUMN web_traffic.traffic_source IS '유입: 직접 방문, 검색, 검색광고, SNS, 메시지·이메일, 제휴';
COMMENT ON COLUMN web_traffic.device IS '기기: 모바일 앱, 모바일 웹, PC';
COMMENT ON COLUMN web_traffic.visits IS '방문 수';
COMMENT ON COLUMN web_traffic.sign_ups IS '회원 가입 수';
COMMENT ON COLUMN web_traffic.carts IS '장바구니에 담은 방문 수';
COMMENT ON COLUMN web_traffic.orders IS '자사몰 주문 수';

CREATE TABLE support_tickets (
  ticket_id INTEGER NOT NULL, opened_at TIMESTAMP NOT NULL, customer_id INTEGER NOT NULL, order_id BIGINT, product_id INTEGER,
  ticket_type VARCHAR NOT NULL, contact_channel VARCHAR NOT NULL, first_response_hours DOUBLE NOT NULL,
  satisfaction SMALLINT, language VARCHAR NOT NULL, body VARCHAR NOT NULL);
COMMENT ON TABLE support_tickets IS '고객 문의';
COMMENT ON COLUMN support_tickets.ticket_id IS '문의 번호';
COMMENT ON COLUMN support_tickets.opened_at IS '접수 시각';
COMMENT ON COLUMN support_tickets.customer_id IS '고객 번호';
COMMENT ON COLUMN support_tickets.order_id IS '관련 주문';
COMMENT ON COLUMN support_tickets.product_id IS '관련 상품';
COMMENT ON COLUMN support_tickets.ticket_type IS '문의 유형';
COMMENT ON COLUMN support_tickets.contact_channel IS '문의 창구: 전화, 채팅, 이메일, 앱';
COMMENT ON COLUMN support_tickets.first_response_hours IS '첫 응답까지 걸린 시간(시간)';
COMMENT ON COLUMN support_tickets.satisfaction IS '만족도 1–5(답하지 않으면 비어 있음)';
COMMENT ON COLUMN support_tickets.language IS '문의 언어: ko, en';
COMMENT ON COLUMN support_tickets.body IS '고객이 쓴 글';

CREATE TABLE inventory (
  counted_on DATE NOT NULL, product_id INTEGER NOT NULL, warehouse VARCHAR NOT NULL, quantity INTEGER NOT NULL);
COMMENT ON TABLE inventory IS '재고: 월요일 아침의 수량';
COMMENT ON COLUMN inventory.counted_on IS '센 날(월요일)';
COMMENT ON COLUMN inventory.product_id IS '상품 번호';
COMMENT ON COLUMN inventory.warehouse IS '물류센터';
COMMENT ON COLUMN inventory.quantity IS '수량';
